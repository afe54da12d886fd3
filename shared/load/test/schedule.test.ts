import { describe, expect, it } from 'vitest';
import { xoshiro128StarStar } from '../random.ts';
import { scheduleOf } from '../schedule.ts';

const poisson = { arrivals: 'poisson', ratePerSecond: 100, durationMs: 100_000, seed: 7 } as const;
const constant = { arrivals: 'constant', ratePerSecond: 3, durationMs: 2000, seed: 1 } as const;

/** How many times fall into each of `bins` equal parts of the duration. */
function binned(times: Float64Array, durationMs: number, bins: number): number[] {
  const counts = new Array<number>(bins).fill(0);
  for (const at of times) {
    const bin = Math.floor((at / durationMs) * bins);
    counts[bin] = (counts[bin] as number) + 1;
  }
  return counts;
}

describe('a constant schedule', () => {
  it('starts the i-th operation at exactly i / rate', () => {
    expect([...scheduleOf(constant)]).toEqual([0, 1000 / 3, 2000 / 3, 1000, 4000 / 3, 5000 / 3]);
  });

  it('does not drift over a million operations', () => {
    const times = scheduleOf({ ...constant, ratePerSecond: 7000, durationMs: 143_000 });
    expect(times.length).toBe(1_001_000);
    expect(times[1_000_999]).toBe((1_000_999 * 1000) / 7000);
  });

  it('has rate × duration operations, all of them before the end', () => {
    for (const [ratePerSecond, durationMs] of [
      [10, 10_000],
      [0.3, 10_000],
      [1, 1],
      [333, 777],
    ] as const) {
      const times = scheduleOf({ ...constant, ratePerSecond, durationMs });
      expect(times.length).toBe(Math.ceil((ratePerSecond * durationMs) / 1000));
      expect(times.at(-1)).toBeLessThan(durationMs);
    }
  });
});

describe('a Poisson schedule', () => {
  it('is the same for the same seed and another for another seed, also beyond 32 bits', () => {
    expect(scheduleOf(poisson)).toEqual(scheduleOf(poisson));
    for (const seed of [8, 0, -7, 7 + 2 ** 32]) {
      expect(scheduleOf({ ...poisson, seed })).not.toEqual(scheduleOf(poisson));
    }
  });

  it('ascends, and stays within the duration', () => {
    const times = scheduleOf(poisson);
    expect(times.every((at, row) => at >= (times[row - 1] ?? 0) && at < poisson.durationMs)).toBe(true);
  });

  it('has rate × duration operations on average, within four standard errors', () => {
    const counts = Array.from({ length: 50 }, (_, seed) => scheduleOf({ ...poisson, seed }).length);
    const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
    const expected = 10_000;
    expect(Math.abs(mean - expected)).toBeLessThan(4 * Math.sqrt(expected / counts.length));
  });

  it('has counts per second whose variance equals their mean, which constant arrivals do not', () => {
    const ratioOf = (times: Float64Array) => {
      const counts = binned(times, poisson.durationMs, 1000);
      const mean = counts.reduce((sum, count) => sum + count, 0) / counts.length;
      return counts.reduce((sum, count) => sum + (count - mean) ** 2, 0) / (counts.length - 1) / mean;
    };
    // The ratio's own standard deviation over n bins is √(2 / (n - 1)).
    expect(Math.abs(ratioOf(scheduleOf(poisson)) - 1)).toBeLessThan(4 * Math.sqrt(2 / 999));
    expect(ratioOf(scheduleOf({ ...poisson, arrivals: 'constant' }))).toBeLessThan(0.1);
  });

  it('has gaps that are exponential: a share of e^-x is longer than x times the mean', () => {
    const times = scheduleOf(poisson);
    const gaps = times.map((at, row) => at - (times[row - 1] ?? 0));
    for (const x of [0.5, 1, 2, 4]) {
      const share = gaps.filter((gap) => gap > x * 10).length / gaps.length;
      const expected = Math.exp(-x);
      expect(Math.abs(share - expected)).toBeLessThan(4 * Math.sqrt((expected * (1 - expected)) / gaps.length));
    }
  });

  it('spreads operations evenly over the duration (chi-squared over 20 bins)', () => {
    const times = scheduleOf(poisson);
    const expected = times.length / 20;
    const chiSquared = binned(times, poisson.durationMs, 20).reduce(
      (sum, count) => sum + (count - expected) ** 2 / expected,
      0,
    );
    expect(chiSquared).toBeLessThan(43.8); // the 99.9 % quantile for 19 degrees of freedom
  });
});

describe('a plan that is nonsense', () => {
  it.each([
    [{ ratePerSecond: 0 }, /ratePerSecond must be above 0, received 0/],
    [{ ratePerSecond: Number.NaN }, /ratePerSecond/],
    [{ durationMs: -1 }, /durationMs must be above 0, received -1/],
    [{ durationMs: Number.POSITIVE_INFINITY }, /durationMs/],
    [{ seed: 1.5 }, /seed must be an integer, received 1.5/],
    [{ ratePerSecond: 1e6, durationMs: 1e6 }, /1000000000 operations; at most/],
  ])('%j is refused with what was received', (wrong, message) => {
    expect(() => scheduleOf({ ...poisson, ...wrong })).toThrow(message);
  });
});

describe('the random number generator', () => {
  it('gives the sequence that other implementations of xoshiro128** give from the state 1, 2, 3, 4', () => {
    const next = xoshiro128StarStar([1, 2, 3, 4]);
    expect(Array.from({ length: 6 }, next)).toEqual([11520, 0, 5927040, 70819200, 2031721883, 1637235492]);
  });
});
