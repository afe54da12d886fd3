/** Runs one variant of a made-up experiment on a real backend, with a short load unless told. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { FaultDefinition, TimelineDefinition } from '../lab.ts';
import type { Observation } from '../observation.ts';
import type { TimelineEntry } from '../result/schema.ts';
import { startReaper } from '../shell/reaper.ts';
import { createRunFolder } from '../shell/run-folder.ts';
import { runVariant } from '../shell/variant-run.ts';
import { type AnyExperiment, experimentOf } from './made-up-claims.ts';
import { FIXTURES } from './service-harness.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const RATE = 100;
const DURATION_MS = 600;
/** How many operations a run has unless told. */
export const SCHEDULED = (RATE * DURATION_MS) / 1000;

export interface VariantHarness extends AsyncDisposable {
  /** What the backend wrote of its steps. */
  steps(): string[];
  run(options?: {
    faults?: Record<string, FaultDefinition>;
    timeline?: TimelineDefinition<string>[];
    /** What the load asks the backend for. */
    path?: string;
    durationMs?: number;
    experiment?: Partial<AnyExperiment>;
    signal?: AbortSignal;
    onFault?: (entry: TimelineEntry, what: 'injected' | 'healed') => void;
  }): Promise<Observation>;
}

function none(name: string): never {
  throw new RangeError(`there is no server ${name}`);
}

export function variantHarness(): VariantHarness {
  const temporary = temporaryFolder();
  const folder = createRunFolder(temporary.path);
  const reaper = startReaper(folder);
  const stepsFile = join(folder.path, 'steps');
  return {
    steps: () => readFileSync(stepsFile, 'utf8').trimEnd().split('\n'),
    run({
      faults = {},
      timeline = [],
      path = '/work?ms=20',
      durationMs = DURATION_MS,
      experiment = {},
      signal,
      onFault,
    } = {}) {
      const variantFolder = join(folder.path, 'variant');
      mkdirSync(variantFolder);
      return runVariant({
        variant: 'fixed',
        variantFile: 'fixed.ts',
        repeat: 1,
        labFolder: FIXTURES,
        experiment: experimentOf({
          parameters: { ratePerSecond: RATE, durationMs: DURATION_MS },
          workload: () => ({ arrivals: 'constant', ratePerSecond: RATE, durationMs, timeoutMs: 20_000 }),
          operation: ({ urlOf }) => ({ kind: 'http', url: new URL(path, urlOf('backend')).href }),
          services: () => [
            {
              name: 'backend',
              entry: 'services/backend.ts',
              environment: () => ({ STEPS: stepsFile }),
              watch: { events: ['demo.step', 'demo.work-started'] },
            },
          ],
          hops: [{ from: 'load', to: 'backend' }],
          timeline: () => timeline,
          ...experiment,
        }),
        faults,
        parameters: { ratePerSecond: RATE, durationMs: DURATION_MS },
        seed: 1,
        folder: variantFolder,
        servers: { access: { urlOf: none, dataName: 'run' }, server: none, proxy: none },
        reaper,
        signal: signal ?? new AbortController().signal,
        onProgress: () => {},
        onFault: onFault ?? (() => {}),
      });
    },
    async [Symbol.asyncDispose]() {
      await reaper[Symbol.asyncDispose]();
      temporary[Symbol.dispose]();
    },
  };
}

/** Each moment of the first fault is there, and none is before the one that leads to it. */
export function expectInOrder({ timeline: [entry] }: Observation, plannedAtMs: number) {
  const moments = [plannedAtMs, entry?.askedAtMs, entry?.effectiveAtMs, entry?.healAskedAtMs, entry?.healedAtMs];
  expect(moments).toEqual(moments.map(() => expect.any(Number)));
  expect(moments).toEqual([...moments].sort((a, b) => (a as number) - (b as number)));
}
