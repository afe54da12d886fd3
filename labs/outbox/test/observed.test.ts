import { describe, expect, test } from 'vitest';
import { lastQuarterAgainstFirst, longestPause, looks, mostKept } from '../experiments/observed.ts';
import { look, madeUp } from './made-up.ts';

test('what the observer saw comes in its order, with its times', () => {
  const seen = [look(100, { deadRows: 3 }), look(200, { walStatus: 'lost' })];
  expect(looks(madeUp({ looks: seen }))).toEqual(seen);
  expect(looks(madeUp({}))).toEqual([]);
});

describe('the most that was kept for the slot', () => {
  const kept = (...bytes: (number | null)[]) =>
    mostKept(madeUp({ looks: bytes.map((keptBytes, index) => look(100 * index, { keptBytes })) }));

  test('is the most of any look, in MB', () => {
    expect(kept(1_000_000, 82_500_000, 4_000_000)).toBe(82.5);
  });

  test('is 0 without a slot, or of what was seen of it until it was gone', () => {
    expect(kept(null, null)).toBe(0);
    expect(kept(2_000_000, null)).toBe(2);
  });

  test('cannot be told if nobody looked: that is null, and not zero', () => {
    expect(mostKept(madeUp({}))).toBeNull();
  });
});

describe('the longest pause', () => {
  const span = { fromMs: 100, toMs: 200 };

  test('is between two events inside of the span, in whatever order they are given', () => {
    expect(longestPause([190, 110, 150, 120], span)).toBe(40);
  });

  test('may begin or end with the span', () => {
    expect(longestPause([160, 170], span)).toBe(60);
    expect(longestPause([110, 120], span)).toBe(80);
  });

  test('is all of the span if nothing happened in it', () => {
    expect(longestPause([], span)).toBe(100);
    expect(longestPause([50, 250], span)).toBe(100);
  });
});

describe('the last quarter against the first', () => {
  /** Times of events with these distances between them. */
  const at = (...distances: number[]) => {
    let atMs = 0;
    return [0, ...distances].map((distance) => {
      atMs += distance;
      return atMs;
    });
  };

  test('is 1 at a steady speed, whatever the order in which the times are given', () => {
    expect(lastQuarterAgainstFirst(at(10, 10, 10, 10, 10, 10, 10))).toBe(1);
    expect(lastQuarterAgainstFirst(at(10, 10, 10, 10, 10, 10, 10).toReversed())).toBe(1);
  });

  test('is a half where the last ones take twice as long', () => {
    expect(lastQuarterAgainstFirst(at(10, 10, 10, 10, 10, 20, 20))).toBe(0.5);
  });

  test('is 3 where they go three times as fast', () => {
    expect(lastQuarterAgainstFirst(at(30, 30, 10, 10, 10, 10, 10))).toBe(3);
  });

  test('does not look at what is in the middle', () => {
    expect(lastQuarterAgainstFirst(at(10, 10, 500, 700, 900, 10, 10))).toBe(1);
  });

  test('cannot be told of fewer than four, or if the last ones came all at once', () => {
    expect(lastQuarterAgainstFirst(at(10, 10))).toBeNull();
    expect(lastQuarterAgainstFirst(at(10, 10, 10, 10, 10, 0, 0))).toBeNull();
  });
});
