import { describe, expect, it } from 'vitest';
import { hopBalance } from '../hop-balance.ts';
import type { Observation } from '../observation.ts';
import type { TimelineEntry } from '../result/schema.ts';
import { faultsTookEffect, type SelfCheckInput } from '../self-checks.ts';
import { checkInput, dependency, gateway, healthyRows, madeUp, setRows } from './made-up.ts';

describe('a hop between services', () => {
  const hop = { from: 'gateway', to: 'dependency' };
  const balance = (sender: object, received: number, touched = false) =>
    hopBalance(
      madeUp((run) => {
        gateway(run).sent.dependency = { sent: 100, refused: 0, cut: 0, abandoned: 0, ...sender };
        Object.assign(dependency(run), { received, disturbed: touched ? [{ fromMs: 200, toMs: 600 }] : [] });
      }),
      [hop],
    );

  it('balances when all that was sent was received', () => {
    expect(balance({}, 100)).toMatchObject({ ok: true, measured: 100 });
  });

  it('fails when a call vanished', () => {
    expect(balance({}, 99)).toMatchObject({ ok: false, expected: '100 sent − 0 refused − 0…0 cut', measured: 99 });
  });

  it('fails when more was received than sent: somebody else is calling', () => {
    expect(balance({}, 101).ok).toBe(false);
    expect(balance({ cut: 5 }, 101).ok).toBe(false);
  });

  it('does not expect a refused call at the receiver', () => {
    expect(balance({ refused: 10 }, 90).ok).toBe(true);
    expect(balance({ refused: 10 }, 91).ok).toBe(false);
    expect(balance({ refused: 10 }, 89).ok).toBe(false);
  });

  it('allows a cut call to have arrived or not', () => {
    expect(balance({ cut: 10 }, 100).ok).toBe(true);
    expect(balance({ cut: 10 }, 90).ok).toBe(true);
    expect(balance({ cut: 10 }, 89).ok).toBe(false);
  });

  it('lets an abandoned call explain what is missing only where a fault touched the receiver', () => {
    expect(balance({ abandoned: 10 }, 90).ok).toBe(false);
    expect(balance({ abandoned: 10 }, 90, true).ok).toBe(true);
    expect(balance({ abandoned: 10 }, 89, true).ok).toBe(false);
  });

  it('fails when one of its ends was not there', () => {
    expect(hopBalance(madeUp(), [{ from: 'gateway', to: 'cache' }])).toMatchObject({
      ok: false,
      measured: 'an end is missing',
    });
    expect(hopBalance(madeUp(), [{ from: 'worker', to: 'dependency' }]).ok).toBe(false);
  });
});

describe('the hop of the load', () => {
  const balance = (bend: (run: Observation) => void) => hopBalance(madeUp(bend), [{ from: 'load', to: 'gateway' }]);
  const neverSent = { startedAtMs: Number.NaN, endedAtMs: Number.NaN, outcome: null };
  const withOutcome = (outcome: 'failed' | 'lost' | 'timeout', count: number) =>
    healthyRows.map((row, id) => (id < count ? { ...row, outcome } : row));

  it('counts the operations that were started, not those intended', () => {
    const rows = [...healthyRows.slice(10), ...Array.from({ length: 10 }, () => neverSent)];
    const received = (count: number) =>
      balance((run) => {
        setRows(run, rows);
        gateway(run).received = count;
      });
    expect(received(90).ok).toBe(true);
    expect(received(89).ok).toBe(false);
    expect(received(91).ok).toBe(false);
  });

  it('does not expect refused operations, and allows lost ones to have arrived or not', () => {
    const refused = balance((run) => {
      setRows(run, withOutcome('failed', 10));
      run.load.reasons = { ECONNREFUSED: 10 };
      gateway(run).received = 90;
    });
    expect(refused.ok).toBe(true);
    const otherwiseFailed = balance((run) => {
      setRows(run, withOutcome('failed', 10));
      run.load.reasons = { 500: 10 };
      gateway(run).received = 90;
    });
    expect(otherwiseFailed.ok).toBe(false);
    const lost = balance((run) => {
      setRows(run, withOutcome('lost', 10));
      gateway(run).received = 93;
    });
    expect(lost.ok).toBe(true);
  });

  it('lets timeouts explain what is missing only where a fault touched the entry', () => {
    const timedOut = (touched: boolean) =>
      balance((run) => {
        setRows(run, withOutcome('timeout', 10));
        Object.assign(gateway(run), { received: 95, disturbed: touched ? [{ fromMs: 200, toMs: 600 }] : [] });
      });
    expect(timedOut(false).ok).toBe(false);
    expect(timedOut(true).ok).toBe(true);
  });
});

describe('the check of the faults', () => {
  const faults = (entry: Partial<TimelineEntry>, changes: Partial<SelfCheckInput> = {}) =>
    faultsTookEffect({ ...checkInput(({ timeline }) => Object.assign(timeline[0] ?? {}, entry)), ...changes });

  it('passes when each took effect and was healed on time', () => {
    expect(faults({})).toMatchObject({ ok: true, measured: 'as planned' });
    expect(faults({ effectiveAtMs: 220, healedAtMs: 620 }).ok).toBe(true);
  });

  it('fails when one never took effect', () => {
    expect(faults({ effectiveAtMs: null })).toMatchObject({
      ok: false,
      measured: 'hang (at 200 ms) never took effect',
    });
  });

  it('fails when one took effect late', () => {
    expect(faults({ effectiveAtMs: 221 })).toMatchObject({ ok: false, measured: 'hang took effect 21 ms late' });
  });

  it('fails when one was not healed, or late', () => {
    expect(faults({ healedAtMs: null })).toMatchObject({ ok: false, measured: 'hang was not healed' });
    expect(faults({ healAskedAtMs: 621, healedAtMs: 622 })).toMatchObject({
      ok: false,
      measured: 'hang was healed 21 ms late',
    });
  });

  it('lets healing take its time, as a restart does, once it was asked for on time', () => {
    expect(faults({ healAskedAtMs: 600, healedAtMs: 1800 })).toMatchObject({ ok: true });
  });

  it('fails when one was never asked for', () => {
    const plannedAtMs = [...checkInput().plannedAtMs, null];
    expect(faults({}, { plannedAtMs })).toMatchObject({ ok: false, measured: 'a planned fault was never asked for' });
  });

  it('does not hold a time against a fault that waits for an event', () => {
    expect(faults({ effectiveAtMs: 900, healedAtMs: 1000 }, { plannedAtMs: [null] }).ok).toBe(true);
    expect(faults({ effectiveAtMs: 900, healedAtMs: null }, { plannedAtMs: [null] }).ok).toBe(false);
  });

  it('passes a run in which no fault was planned', () => {
    const none = faultsTookEffect({ ...checkInput((run) => run.timeline.splice(0)), plannedAtMs: [] });
    expect(none.ok).toBe(true);
  });
});
