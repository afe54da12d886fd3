import { describe, expect, it } from 'vitest';
import {
  chancesOf,
  furtherMeanUpperBound95,
  MINIMUM_CHANCES,
  meanOf,
  median,
  readable,
  spreadOf,
  upperBound95,
} from '../statistics.ts';

describe('the upper bound of a rate', () => {
  it('is three over the chances when nothing was seen', () => {
    expect(upperBound95(30, 0)).toBeCloseTo(0.1, 10);
    expect(upperBound95(3000, 0)).toBeCloseTo(0.001, 10);
  });

  it('is 1 without any chance, and never above 1', () => {
    expect(upperBound95(0, 0)).toBe(1);
    expect(upperBound95(1, 0)).toBe(1);
    expect(upperBound95(4, 4)).toBe(1);
  });

  it('agrees with the published Wilson score bound', () => {
    // Brown, Cai and DasGupta (2001), equation 4, by hand for 8 of 10 and z = 1.6449.
    const z = 1.6449;
    const centre = (8 + (z * z) / 2) / (10 + z * z);
    const margin = ((z * Math.sqrt(10)) / (10 + z * z)) * Math.sqrt(0.8 * 0.2 + (z * z) / 40);
    expect(upperBound95(10, 8)).toBeCloseTo(centre + margin, 10);
  });

  it('lies above the rate that was seen', () => {
    for (const count of [30, 100, 1000]) {
      for (let seen = 0; seen < count; seen += 7) expect(upperBound95(count, seen)).toBeGreaterThan(seen / count);
    }
  });

  it('grows with what was seen, wherever there are chances enough to claim anything', () => {
    for (const count of [MINIMUM_CHANCES, 100, 1000]) {
      for (let seen = 0; seen < count; seen++) {
        expect(upperBound95(count, seen + 1), `${seen + 1} of ${count}`).toBeGreaterThanOrEqual(
          upperBound95(count, seen),
        );
      }
    }
  });

  it('shrinks with more chances at the same rate', () => {
    expect(upperBound95(200, 20)).toBeLessThan(upperBound95(100, 10));
    expect(upperBound95(200, 0)).toBeLessThan(upperBound95(100, 0));
  });

  it('comes with the counts that it is of', () => {
    expect(chancesOf(60, 0)).toEqual({ count: 60, occurrences: 0, upperBound95: 0.05 });
  });
});

describe('the median', () => {
  it('is the value in the middle, or the mean of the two there', () => {
    expect(median([9, 1, 5])).toBe(5);
    expect(median([9, 1, 5, 6])).toBe(5.5);
    expect(median([100, 20, 3])).toBe(20);
  });

  it('of nothing is nothing', () => {
    expect(median([])).toBeNull();
    expect(spreadOf([])).toBeNull();
  });

  it('leaves the values in their order', () => {
    const values = [3, 1, 2];
    median(values);
    expect(values).toEqual([3, 1, 2]);
  });
});

it('a spread holds smallest, middle and largest', () => {
  expect(spreadOf([4, 10, 2])).toEqual({ min: 2, median: 4, max: 10 });
});

it.each([
  [0, '0'],
  [1, '1'],
  [0.12345, '0.123'],
  [12.345, '12.3'],
  [99.96, '100'],
  [100.4, '100'],
  [123_456.7, '123457'],
  [-0.5, '-0.5'],
  [-1234.4, '-1234'],
  [2.5e-10, '0'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, 'Infinity'],
])('%d is readable as %s', (value, text) => {
  expect(readable(value)).toBe(text);
});

it('a mean is the sum over the count, and null without a value', () => {
  expect([meanOf([1, 2, 6]), meanOf([4]), meanOf([])]).toEqual([3, 4, null]);
});

describe('the upper bound of a further mean', () => {
  it('is above the mean by as much as so few readings may be off', () => {
    // s = 2, n = 100, by hand: 1.6449 · 2 / 10 above, for so many that their own mean is not off.
    const readings = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 3 : 7));
    expect(furtherMeanUpperBound95(readings, 1e15)).toBeCloseTo(5 + (1.6449 * 2 * Math.sqrt(100 / 99)) / 10, 10);
  });

  it('comes closer with each reading', () => {
    const readings = (count: number) => Array.from({ length: count }, (_, index) => (index % 2 === 0 ? 3 : 7));
    expect(furtherMeanUpperBound95(readings(400), 100)).toBeLessThan(furtherMeanUpperBound95(readings(100), 100));
  });

  it('is further above for a few than for many, whose mean is less off itself', () => {
    const readings = Array.from({ length: 100 }, (_, index) => (index % 2 === 0 ? 3 : 7));
    // As many as were read: √2 times as far, by hand.
    const [same, many] = [furtherMeanUpperBound95(readings, 100), furtherMeanUpperBound95(readings, 1e15)];
    expect((same - 5) / (many - 5)).toBeCloseTo(Math.SQRT2, 6);
  });

  it('is the mean where readings do not differ, and of one reading', () => {
    expect([furtherMeanUpperBound95([2, 2, 2], 5), furtherMeanUpperBound95([4], 5)]).toEqual([2, 4]);
  });

  it('is 0 without a reading', () => {
    expect(furtherMeanUpperBound95([], 5)).toBe(0);
  });
});
