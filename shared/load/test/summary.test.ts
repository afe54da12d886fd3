import { describe, expect, it } from 'vitest';
import { columnBytes, columnsFromBytes, countOutcomes, littlesLawSum, OUTCOME_INDEX } from '../columns.ts';
import { describeLoad, isClientBound } from '../describe.ts';
import { percentilesOf } from '../percentiles.ts';
import { type LoadPlan, type LoadReport, type OperationColumns, OUTCOMES, type Outcome, UNFINISHED } from '../plan.ts';
import { summarise } from '../summary.ts';

/** Rows as [intended, started, ended, outcome]; null: it did not happen. */
type Row = [number, number | null, number | null, Outcome | null];

function columnsOf(rows: Row[]): OperationColumns {
  const column = (index: 0 | 1 | 2) => Float64Array.from(rows, (row) => row[index] ?? Number.NaN);
  return {
    intendedAtMs: column(0),
    startedAtMs: column(1),
    endedAtMs: column(2),
    outcome: Uint8Array.from(rows, ([, , , outcome]) => (outcome === null ? UNFINISHED : OUTCOME_INDEX[outcome])),
  };
}

const everyFate: Row[] = [
  [0, 0, 10, 'ok'],
  [10, 10, 30, 'degraded'],
  [20, 25, 45, 'failed'],
  [30, 30, 31, 'rejected'],
  [40, 40, 540, 'timeout'],
  [50, 50, 60, 'lost'],
  [60, 60, null, null],
  [70, null, null, null],
];

describe('percentiles', () => {
  it('agree with the exact ones of the sorted values within a thousandth', () => {
    const values = Array.from({ length: 10_000 }, (_, i) => 0.05 * 1.0012 ** i); // 0.05 ms to 8 s
    const { p50, p90, p99, p999, max } = percentilesOf(values);
    for (const [measured, rank] of [
      [p50, 5000],
      [p90, 9000],
      [p99, 9900],
      [p999, 9990],
    ] as const) {
      const exact = values[rank - 1] as number;
      expect(Math.abs(measured - exact)).toBeLessThanOrEqual(0.001 * exact + 0.001);
    }
    expect(max).toBe(values.at(-1));
  });

  it('leave out what did not happen, are never above the maximum, and are 0 of nothing', () => {
    expect(percentilesOf([Number.NaN, 5.0001, Number.NaN])).toMatchObject({ p50: 5.0001, p999: 5.0001, max: 5.0001 });
    expect(percentilesOf([])).toEqual({ p50: 0, p90: 0, p99: 0, p999: 0, max: 0 });
  });
});

describe('counts', () => {
  it('give every row exactly one fate', () => {
    const { intended, ...fates } = countOutcomes(columnsOf(everyFate));
    expect(fates).toEqual({ ok: 1, degraded: 1, failed: 1, rejected: 1, timeout: 1, lost: 1, inFlight: 2 });
    expect(Object.values(fates).reduce((sum, count) => sum + count, 0)).toBe(intended);
  });
});

describe('the summed time in system', () => {
  const columns = columnsOf([
    [0, 0, 100, 'ok'],
    [0, 50, 250, 'ok'],
    [0, 150, null, null],
    [0, null, null, null],
  ]);

  it('is the sum of all times when the window holds everything, unfinished ones until its end', () => {
    expect(littlesLawSum(columns, 0, 1000)).toBe(100 + 200 + 850);
  });

  it('is clipped to the window', () => {
    expect(littlesLawSum(columns, 60, 160)).toBe(40 + 100 + 10);
    expect(littlesLawSum(columns, 300, 300)).toBe(0);
  });
});

describe('a summary', () => {
  const columns = columnsOf(everyFate);
  const summary = summarise(columns, 600);

  it('counts latency from the intended start and service time from the actual one', () => {
    const late = summarise(columnsOf([[100, 400, 450, 'ok']]), 450);
    expect(late.latencyMs.max).toBe(350);
    expect(late.serviceMs.max).toBe(50);
    expect(late.sendLagMs.max).toBe(300);
  });

  it('has series that add up to the counts', () => {
    const total = (values: number[]) => values.reduce((sum, value) => sum + value, 0);
    expect(total(summary.series.sent)).toBe(7);
    for (const outcome of OUTCOMES) expect(total(summary.series.outcomes[outcome])).toBe(summary.counts[outcome]);
  });

  it('has one bucket per 250 ms begun, with no latency where nothing ended', () => {
    expect(summary.series.sent).toHaveLength(3);
    expect(summary.series.latencyP50Ms).toEqual([expect.any(Number), null, 500]);
    expect(summary.series.outcomes.timeout).toEqual([0, 0, 1]);
  });
});

describe('rows as bytes', () => {
  it('come back as they were, from any offset', () => {
    const columns = columnsOf(everyFate);
    const whole = Buffer.concat([Buffer.from('x'), ...columnBytes(columns)]).subarray(1);
    expect(columnsFromBytes(whole, everyFate.length)).toEqual(columns);
  });

  it('are refused when some are missing', () => {
    const whole = Buffer.concat(columnBytes(columnsOf(everyFate)));
    expect(() => columnsFromBytes(whole.subarray(1), everyFate.length)).toThrow(/199 bytes, 8 rows need 200/);
  });
});

describe('a report in words', () => {
  const plan: LoadPlan = {
    arrivals: 'constant',
    ratePerSecond: 100,
    durationMs: 80,
    timeoutMs: 500,
    seed: 1,
    operation: { kind: 'http', url: 'http://127.0.0.1:1/' },
  };
  const report = (rows: Row[], over: Partial<LoadReport> = {}): LoadReport => ({
    startedAtMonotonicMs: 0,
    elapsedMs: 600,
    ...summarise(columnsOf(rows), 600),
    eventLoopDelayMs: { p50: 0, p99: 0, max: 0 },
    cpuMs: 60,
    roundTrips: [],
    reconnects: [],
    reasons: { timeout: 1, '500': 1 },
    operations: columnsOf(rows),
    ...over,
  });

  it('names every outcome that happened, the reasons, and both percentile rows', () => {
    const text = describeLoad(plan, report(everyFate));
    for (const part of ['ok 1', 'degraded 1', 'lost 1', 'in flight 2', '500 1', 'Latency (ms)', 'Service (ms)', '█']) {
      expect(text).toContain(part);
    }
  });

  it('says client-bound when the lag is a large part of the latency, and not when it is a timer’s', () => {
    const onTime: Row[] = Array.from({ length: 100 }, (_, i) => [i * 10, i * 10 + 0.6, i * 10 + 1, 'ok']);
    const late: Row[] = Array.from({ length: 100 }, (_, i) => [i * 10, i * 10 + 40, i * 10 + 90, 'ok']);
    const lateForALongTime: Row[] = Array.from({ length: 100 }, (_, i) => [i * 10, i * 10 + 40, i * 10 + 900, 'ok']);
    expect(isClientBound(report(onTime))).toBe(false);
    expect(isClientBound(report(late))).toBe(true);
    expect(isClientBound(report(lateForALongTime))).toBe(false);
    expect(describeLoad(plan, report(late))).toContain('client-bound');
    expect(describeLoad(plan, report(onTime))).not.toContain('client-bound');
  });

  it('can be made of a run in which nothing ended', () => {
    expect(describeLoad(plan, report([[0, 0, null, null]]))).toContain('in flight 1');
  });
});
