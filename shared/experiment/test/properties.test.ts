import { describe, expect, it } from 'vitest';
import type { Observation } from '../observation.ts';
import { atLeast, atMost, type JudgeContext, near, never, type Property } from '../properties.ts';
import { madeUp } from './made-up.ts';

type Numbers = Record<string, number>;
const parameters = { ratePerSecond: 200, timeoutMs: 500 };

/** Judges a made-up run in whose parameters the measured value stands. */
function judge(property: Property<Numbers>, measured: number | null = 0, others: Record<string, Observation> = {}) {
  const run = madeUp((observation) => {
    observation.parameters = { measured: measured ?? Number.NEGATIVE_INFINITY };
  });
  const context: JudgeContext<Numbers> = { parameters, other: (variant) => others[variant] };
  return property.judge(run, context);
}

const measure = ({ parameters: { measured } }: Observation) =>
  measured === Number.NEGATIVE_INFINITY ? null : (measured as number);

const inFlight = near<Numbers>({
  description: 'holds λ·T',
  kind: 'guarantee',
  unit: 'requests',
  tolerance: 0.1,
  formula: 'λ·T',
  predict: ({ ratePerSecond, timeoutMs }) => ((ratePerSecond as number) * (timeoutMs as number)) / 1000,
  measure,
  absentMeans: 'nothing was held',
  evidence: () => ['request 7'],
});

describe('a number near its prediction', () => {
  it('holds within the tolerance on both sides, and only there', () => {
    expect(judge(inFlight, 100).ok).toBe(true);
    expect(judge(inFlight, 110).ok).toBe(true);
    expect(judge(inFlight, 90).ok).toBe(true);
    expect(judge(inFlight, 110.1).ok).toBe(false);
    expect(judge(inFlight, 89.9).ok).toBe(false);
  });

  it('is refuted when what should happen did not, and says so', () => {
    expect(judge(inFlight, null)).toMatchObject({ ok: false, measured: 'nothing was held', value: null });
  });

  it('cannot be told from a value that is not a number', () => {
    const judgement = judge(inFlight, Number.NaN);
    expect(judgement.ok).toBeNull();
    expect(judgement.reason).toBe('the measured value is not a number');
  });

  it('states its prediction from the parameters, before anything is measured', () => {
    expect(inFlight.predicted(parameters)).toBe('λ·T = 100 requests, ± 10 %');
    expect(inFlight.predicted({ ratePerSecond: 10, timeoutMs: 250 })).toBe('λ·T = 2.5 requests, ± 10 %');
  });

  it('reads well without a unit', () => {
    const ratio = near<Numbers>({
      description: 'twice as many',
      kind: 'guarantee',
      unit: '',
      tolerance: 0.1,
      formula: 'retries + 1',
      predict: () => 2,
      measure,
      absentMeans: 'none',
    });
    expect(ratio.predicted(parameters)).toBe('retries + 1 = 2, ± 10 %');
    expect(judge(ratio, 2.04).measured).toBe('2.04');
  });

  it('carries the measured value, its unit and the evidence', () => {
    expect(judge(inFlight, 123.4)).toMatchObject({
      measured: '123 requests',
      value: 123.4,
      unit: 'requests',
      evidence: ['request 7'],
    });
  });

  it('can compare with another variant of the same run', () => {
    const half = near<Numbers>({
      description: 'half of what the baseline sends',
      kind: 'guarantee',
      unit: '',
      tolerance: 0.1,
      formula: 'one half',
      predict: () => 0.5,
      measure: (run, { other }) => (run.parameters.measured as number) / (other('none')?.parameters.measured ?? 0),
      absentMeans: 'none',
    });
    const baseline = madeUp((run) => {
      run.parameters = { measured: 80 };
    });
    expect(judge(half, 40, { none: baseline }).ok).toBe(true);
    expect(judge(half, 80, { none: baseline }).ok).toBe(false);
    expect(judge(half, 40).ok).toBeNull();
  });
});

describe('a number within a bound', () => {
  const bounded = atMost<Numbers>({
    description: 'at most T',
    kind: 'guarantee',
    unit: 'ms',
    formula: 'T',
    bound: ({ timeoutMs }) => timeoutMs as number,
    measure,
  });

  it('holds up to the bound and is refuted above it', () => {
    expect(judge(bounded, 0).ok).toBe(true);
    expect(judge(bounded, 500).ok).toBe(true);
    expect(judge(bounded, 500.1).ok).toBe(false);
  });

  it('cannot be told when it was not measured: nothing is not little', () => {
    expect(judge(bounded, null)).toMatchObject({ ok: null, measured: 'nothing to measure' });
    expect(judge(bounded, Number.NaN).ok).toBeNull();
  });

  it('states the bound from the parameters', () => {
    expect(bounded.predicted({ timeoutMs: 300 })).toBe('at most T = 300 ms');
  });
});

describe('a number of at least a bound', () => {
  const ofAtLeast = (options: { formula?: string; absentMeans?: string; unit?: string } = {}) =>
    atLeast<Numbers>({
      description: 'at least λ',
      kind: 'guarantee',
      unit: 'orders',
      bound: ({ ratePerSecond }) => ratePerSecond as number,
      measure,
      evidence: () => ['order 7'],
      ...options,
    });

  it('holds from the bound on and is refuted below it', () => {
    expect(judge(ofAtLeast(), 200)).toMatchObject({ ok: true, measured: '200 orders', evidence: ['order 7'] });
    expect(judge(ofAtLeast(), 1000).ok).toBe(true);
    expect(judge(ofAtLeast(), 199.9).ok).toBe(false);
    expect(judge(ofAtLeast(), 0)).toMatchObject({ ok: false, value: 0 });
  });

  it('cannot be told when it was not measured, unless its absence is the failure', () => {
    expect(judge(ofAtLeast(), null)).toMatchObject({ ok: null, measured: 'nothing to measure' });
    expect(judge(ofAtLeast({ absentMeans: 'no order came' }), null)).toMatchObject({
      ok: false,
      measured: 'no order came',
      value: null,
      reason: null,
    });
    expect(judge(ofAtLeast({ absentMeans: 'no order came' }), Number.NaN).ok).toBeNull();
  });

  it('states the bound from the parameters, with its formula and unit if it has them', () => {
    expect(ofAtLeast({ formula: 'λ' }).predicted({ ratePerSecond: 30 })).toBe('at least λ = 30 orders');
    expect(ofAtLeast().predicted({ ratePerSecond: 30 })).toBe('at least 30 orders');
    expect(ofAtLeast({ unit: '' }).predicted({ ratePerSecond: 30 })).toBe('at least 30');
  });
});

describe('something that never happens', () => {
  const seen = (ids: number, chances: number | null, absentMeans?: string) =>
    never<Numbers>({
      description: 'no order is lost',
      kind: 'guarantee',
      what: 'lost order',
      chance: 'an acknowledged order',
      find: () => (chances === null ? null : { ids: Array.from({ length: ids }, (_, id) => `order ${id}`), chances }),
      ...(absentMeans === undefined ? {} : { absentMeans }),
    });

  it('needs thirty chances before having seen none means anything', () => {
    const few = judge(seen(0, 29));
    expect(few.ok).toBeNull();
    expect(few.reason).toBe('none seen, but 29 chances are fewer than 30: nothing is claimed');
    expect(judge(seen(0, 30)).ok).toBe(true);
  });

  it('is refuted by a single time, however few the chances', () => {
    expect(judge(seen(1, 5))).toMatchObject({ ok: false, value: 1, evidence: ['order 0'] });
    expect(judge(seen(1, 5000)).ok).toBe(false);
  });

  it('says how many chances there were and what is still possible', () => {
    const { measured, chances } = judge(seen(0, 60));
    expect(measured).toBe('0 × lost order in 60 chances (one chance: an acknowledged order)');
    expect(chances).toEqual({ count: 60, occurrences: 0, upperBound95: 0.05 });
  });

  it('never counts fewer chances than occurrences', () => {
    expect(judge(seen(3, 0)).chances).toMatchObject({ count: 3, occurrences: 3 });
  });

  it('cannot be told when the situation did not come about, unless that is the failure', () => {
    expect(judge(seen(0, null)).ok).toBeNull();
    expect(judge(seen(0, null, 'it never opened'))).toMatchObject({ ok: false, measured: 'it never opened' });
  });

  it('states its prediction without numbers', () => {
    expect(seen(0, 1).predicted(parameters)).toBe('no lost order');
  });
});
