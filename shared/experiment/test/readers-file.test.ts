import { describe, expect, it } from 'vitest';
import type { Observation } from '../observation.ts';
import { readersFailure } from '../readers-file.ts';
import { unstartedObservation } from '../unstarted-observation.ts';
import { gateway, healthyRows, madeUp, setRows } from './made-up.ts';

const TIMEOUT_MS = 300;
const FAILED = 'none of its 100 operations succeeded (100 × 500)';

/** A run in which not one operation succeeded. */
const failing = (bend: (run: Observation) => void = () => {}) =>
  madeUp((run) => {
    setRows(
      run,
      healthyRows.map((row) => ({ ...row, outcome: 'failed' })),
    );
    run.load.reasons = { 500: 100 };
    bend(run);
  });

describe('a file of the reader with which no operation succeeds', () => {
  it('is to blame, with how they ended', () => {
    expect(readersFailure(failing(), TIMEOUT_MS)).toBe(FAILED);
  });

  it.each(['sendLagMs', 'eventLoopDelayMs'] as const)(
    'is to blame only if the latest send was late by at most half of the timeout (%s)',
    (late) => {
      const lateBy = (max: number) => failing(({ load }) => Object.assign(load[late], { max }));
      expect(readersFailure(lateBy(TIMEOUT_MS / 2), TIMEOUT_MS)).toBe(FAILED);
      expect(readersFailure(lateBy(TIMEOUT_MS / 2 + 1), TIMEOUT_MS)).toBeNull();
      // It is the operation's own time that counts.
      expect(readersFailure(lateBy(TIMEOUT_MS / 2 + 1), 2 * TIMEOUT_MS)).toBe(FAILED);
    },
  );

  it('is not to blame when nothing was to be sent', () => {
    expect(
      readersFailure(
        failing((run) => setRows(run, [])),
        TIMEOUT_MS,
      ),
    ).toBeNull();
  });
});

describe('a file of the reader', () => {
  it.each(['ok', 'degraded'] as const)('is not to blame if one operation was %s', (outcome) => {
    const [first, ...rest] = healthyRows.map((row) => ({ ...row, outcome: 'failed' as const }));
    const one = failing((run) => setRows(run, [{ ...first, outcome } as (typeof healthyRows)[number], ...rest]));
    expect(readersFailure(one, TIMEOUT_MS)).toBeNull();
  });

  it('that did not start, or ended, is to blame with that, however late the load was', () => {
    const { variant, repeat, parameters } = madeUp();
    const unstarted = unstartedObservation({ variant, repeat, parameters }, { error: 'it did not start' });
    expect(readersFailure(unstarted, TIMEOUT_MS)).toBe('it did not start');
    const ended = madeUp((run) => {
      run.error = 'it ended';
      run.load.sendLagMs.max = 10 * TIMEOUT_MS;
      gateway(run).exit = { code: 1, signal: null, atMs: 500, lastLines: [] };
    });
    expect(readersFailure(ended, TIMEOUT_MS)).toBe('it ended');
  });

  it('is not to blame for a fault that could not be injected beside it', () => {
    const run = madeUp((made) => {
      made.error = 'fault hang could not be injected';
    });
    expect(readersFailure(run, TIMEOUT_MS)).toBeNull();
  });
});
