/** Runs one variant of a made-up experiment on a real backend, a second long unless told. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
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
export const DURATION_MS = 1000;

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
          workload: () => ({ arrivals: 'constant', ratePerSecond: RATE, durationMs, timeoutMs: 2000 }),
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
