/** What cannot be had here: its claims are skipped with the reason, and the exit code is that of the others. */
import { join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodeOfVerdict } from '../exit-code.ts';
import { experimentResult, finishRun } from '../experiment-result.ts';
import { combineVerdicts } from '../judge.ts';
import type { ClaimDefinition } from '../lab.ts';
import { type RunEvent, runLab } from '../shell/run-lab.ts';
import { unstartedObservation } from '../unstarted-observation.ts';
import { madeUp } from './made-up.ts';
import { type AnyExperiment, claim, experimentOf, SAYS, type Says } from './made-up-claims.ts';
import { FIXTURES } from './service-harness.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ELSEWHERE = 'redis-1 runs elsewhere and cannot be killed from here';

function named(name: string, message: string): Error {
  return Object.assign(new Error(message), { name });
}

/** Runs a lab of one experiment, with a backend of its own. */
async function run(changes: Partial<AnyExperiment>, inject: () => Promise<void> = async () => {}) {
  using folder = temporaryFolder();
  folder.write('lab/lab.ts', '');
  const labFolder = join(folder.path, 'lab');
  const orders = experimentOf({
    parameters: { ratePerSecond: 100, durationMs: 400, says: SAYS.yes },
    operation: ({ urlOf }) => ({ kind: 'http', url: new URL('/work?ms=1', urlOf('backend')).href }),
    services: () => [{ name: 'backend', entry: relative(labFolder, join(FIXTURES, 'services/backend.ts')) }],
    hops: [{ from: 'load', to: 'backend' }],
    timeline: () => [{ fault: 'crash', atMs: 100, healAtMs: 200 }],
    ...changes,
  });
  const events: RunEvent[] = [];
  const result = await runLab({
    lab: {
      name: 'shop',
      question: orders.question,
      needs: {},
      variants: { broken: { file: 'broken.ts', summary: '' }, fixed: { file: 'fixed.ts', summary: '' } },
      faults: { crash: { inject, heal: async () => {} } },
      experiments: { orders },
      headlineClaim: claim.id,
    },
    labFolder,
    workspaceFolder: folder.path,
    runsFolder: join(folder.path, 'runs'),
    stateFolder: join(folder.path, 'state'),
    provider: 'native',
    experiments: ['orders'],
    asked: { experiment: null, variant: null, stack: null },
    choice: { kind: 'all' },
    quick: false,
    seed: 1,
    repeats: 1,
    signal: new AbortController().signal,
    onEvent: (event) => events.push(event),
    save: async () => {},
  });
  return { result, events };
}

type Run = Awaited<ReturnType<typeof run>>;

function expectSkipped({ result, events }: Run, reason: string): void {
  expect(result.experiments[0]?.variants.map(({ name }) => name)).toEqual(['broken', 'fixed']);
  expect(result.experiments[0]?.claims).toMatchObject([{ verdict: 'skipped', controlVerdict: 'skipped', reason }]);
  expect([result.verdict, exitCodeOfVerdict(result.verdict)]).toEqual(['skipped', 0]);
  // Its logs tell nobody anything.
  expect(events.map(({ type }) => type)).not.toContain('kept');
}

describe('a claim is skipped, with the reason and exit code 0, where', () => {
  it.each([
    ['is not supported by who provides the servers', 'UnsupportedError'],
    ['needs a tool that is not there', 'MissingServerError'],
  ])('a fault %s', async (_what, name) => {
    const ended = await run({}, () => Promise.reject(named(name, ELSEWHERE)));
    expectSkipped(ended, ELSEWHERE);
    expect(ended.result.experiments[0]?.variants[0]?.error).toBe(`fault crash could not be injected: ${ELSEWHERE}`);
  });

  it.each(['MissingServerError', 'UnsupportedError'])('its preparation throws a %s', async (name) => {
    const ended = await run({ prepare: () => Promise.reject(named(name, 'Kafka: no Java')) });
    expectSkipped(ended, 'Kafka: no Java');
  });
});

it('a preparation that fails otherwise ends the run with its error', async () => {
  const prepare = () => Promise.reject(named('NoSpaceError', 'no space left'));
  await expect(run({ prepare })).rejects.toThrow('no space left');
});

it('a fault that fails otherwise leaves the claim inconclusive, with exit code 3', async () => {
  const { result, events } = await run({}, () => Promise.reject(new Error('no such route')));
  expect(result.experiments[0]?.claims[0]?.verdict).toBe('inconclusive');
  expect(exitCodeOfVerdict(result.verdict)).toBe(3);
  expect(events.map(({ type }) => type)).toContain('kept');
});

describe('beside a variant that cannot be had', () => {
  const other = { ...claim, id: 'keeps-them-too', variant: 'spare' };
  const experiment = experimentOf({
    hops: [{ from: 'load', to: 'gateway' }],
    timeline: () => [{ fault: 'hang', atMs: 200, healAtMs: 600 }],
  });

  /** Judged on three runs of which one cannot be had. */
  function claims(unavailable: string, definitions: ClaimDefinition<string, string>[], spareSays: Says = 'yes') {
    const says: Record<string, Says> = { fixed: 'yes', broken: 'no', spare: spareSays };
    const runs = Object.entries(says).map(([variant, said]) => {
      const parameters = { ...experiment.parameters, says: SAYS[said] };
      const observation =
        variant === unavailable
          ? unstartedObservation({ variant, repeat: 1, parameters }, { error: 'no Java', unavailable: 'no Java' })
          : madeUp((made) => Object.assign(made, { variant, parameters }));
      return finishRun({ experimentName: 'orders', experiment, observation, seed: 1, broughtByReader: false });
    });
    return experimentResult({
      name: 'orders',
      experiment,
      plan: { variants: [], claims: definitions.map((one) => ({ claim: one, decides: true })) },
      runs,
      quick: false,
      seed: 1,
      environment: { versions: {}, platform: 'linux' },
    }).claims;
  }

  it.each([
    ['its variant', 'fixed', claim],
    ['its control', 'broken', claim],
    ['what it compares with', 'spare', { ...claim, comparesWith: ['spare'] }],
  ])('a claim is skipped if that is %s', (_, unavailable, definition) => {
    expect(claims(unavailable, [definition])).toMatchObject([{ verdict: 'skipped', reason: 'no Java' }]);
  });

  it.each([
    ['yes', 'holds', 0],
    ['no', 'refuted', 1],
    ['unknown', 'inconclusive', 3],
  ] as const)('a claim about others that says %s is judged, and alone makes the exit code', (says, verdict, code) => {
    const verdicts = claims('fixed', [claim, other], says).map((one) => one.verdict);
    expect(verdicts).toEqual(['skipped', verdict]);
    expect(exitCodeOfVerdict(combineVerdicts(verdicts))).toBe(code);
  });
});
