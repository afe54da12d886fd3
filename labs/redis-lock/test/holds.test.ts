import { describe, expect, test } from 'vitest';
import { contendedRequests, cutHolds, doubleHolds, holdsOf } from '../experiments/holds.ts';
import { cascades, fewestJoined } from '../experiments/measures.ts';
import { type MadeUp, type MadeUpHold, madeUp, RUN_ENDS_MS } from './made-up.ts';

/** The times of holds, as `0: 10..50` for operation 0. */
const held = (run: MadeUp) =>
  holdsOf(madeUp(run)).map(({ operation, fromMs, toMs }) => `${operation}: ${fromMs}..${toMs}`);

/** Pairs that overlap, as `0 & 1`. */
const pairs = (found: ReturnType<typeof doubleHolds>) =>
  found.map(({ earlier, later }) => `${earlier.operation} & ${later.operation}`);

const doubles = (...holds: MadeUpHold[]) => pairs(doubleHolds(holdsOf(madeUp({ holds }))));

const pause = (fromMs: number, toMs: number) => ({ fault: 'pauseHolder', fromMs, toMs });

describe('a hold', () => {
  test('lasts from its enter to its leave, and holds come in the order in which they began', () => {
    const holds = [
      { operation: 1, fromMs: 60, toMs: 90 },
      { operation: 0, fromMs: 10, toMs: 50 },
    ];
    expect(held({ holds })).toEqual(['0: 10..50', '1: 60..90']);
  });

  test('without a leave lasts to the end of the run', () => {
    expect(held({ holds: [{ operation: 0, fromMs: 10 }] })).toEqual([`0: 10..${RUN_ENDS_MS}`]);
  });

  test('of an operation that entered twice ends with the leave that follows', () => {
    const holds = [
      { operation: 0, fromMs: 10, toMs: 20 },
      { operation: 0, fromMs: 30, toMs: 40 },
    ];
    expect(held({ holds })).toEqual(['0: 10..20', '0: 30..40']);
  });

  test('of a process that is killed ends there: a dead holder holds nothing', () => {
    const holds = [
      { operation: 0, fromMs: 10 },
      { operation: 1, fromMs: 60, toMs: 90 },
    ];
    const run = { holds, faults: [{ fault: 'killHolder', fromMs: 50, toMs: 900 }] };
    expect(held(run)).toEqual(['0: 10..53', '1: 60..90']);
    expect(doubleHolds(holdsOf(madeUp(run)))).toEqual([]);
  });

  test('of the other process does not end with the kill', () => {
    const faults = [{ fault: 'killHolder', fromMs: 50, toMs: 900 }];
    expect(held({ holds: [{ operation: 1, fromMs: 10, toMs: 90 }], faults })).toEqual(['1: 10..90']);
  });

  test('goes on in a pause: a stopped holder still thinks that it holds when it wakes up', () => {
    expect(held({ holds: [{ operation: 0, fromMs: 10, toMs: 320 }], faults: [pause(50, 300)] })).toEqual([
      '0: 10..320',
    ]);
  });

  test('is disturbed if its process was stopped during some of it', () => {
    const holds = [
      { operation: 0, fromMs: 10, toMs: 40 },
      { operation: 2, fromMs: 45, toMs: 320 },
      { operation: 1, fromMs: 60, toMs: 90 },
    ];
    const disturbed = holdsOf(madeUp({ holds, faults: [pause(50, 300)] })).filter(({ isDisturbed }) => isDisturbed);
    expect(disturbed.map(({ operation }) => operation)).toEqual([2]);
  });
});

describe('two holds overlap', () => {
  const first = { operation: 0, fromMs: 10, toMs: 50 };

  test('when the second begins before the first has ended, also inside of one process', () => {
    expect(doubles(first, { operation: 1, fromMs: 49, toMs: 80 })).toEqual(['0 & 1']);
    expect(doubles(first, { operation: 20, fromMs: 49, toMs: 80 })).toEqual(['0 & 20']);
  });

  test('and not when it begins as the first ends', () => {
    expect(doubles(first, { operation: 1, fromMs: 50, toMs: 80 })).toEqual([]);
  });

  test('and not when they are of two accounts', () => {
    expect(doubles(first, { operation: 3, fromMs: 20, toMs: 80 })).toEqual([]);
  });

  test('in three pairs when three hold at once', () => {
    expect(doubles(first, { operation: 1, fromMs: 20, toMs: 80 }, { operation: 20, fromMs: 30, toMs: 60 })).toEqual([
      '0 & 1',
      '0 & 20',
      '1 & 20',
    ]);
  });
});

describe('a hold that a pause came upon', () => {
  const stopped = { operation: 0, fromMs: 40, toMs: 320 };
  const faults = [pause(50, 300)];
  const cut = (...others: MadeUpHold[]) => cutHolds(madeUp({ holds: [stopped, ...others], faults }), 'pauseHolder');
  const second = (...others: MadeUpHold[]) => cut(...others).map((one) => one.second?.operation ?? null);

  test('has a second one if somebody entered its account during the pause', () => {
    expect(second({ operation: 1, fromMs: 150, toMs: 190 })).toEqual([1]);
  });

  test('has the first of several who entered', () => {
    expect(second({ operation: 21, fromMs: 200, toMs: 240 }, { operation: 1, fromMs: 150, toMs: 190 })).toEqual([1]);
  });

  test('has none if nobody entered, or another account, or only after the pause', () => {
    expect(second()).toEqual([null]);
    expect(second({ operation: 3, fromMs: 150, toMs: 190 })).toEqual([null]);
    expect(second({ operation: 1, fromMs: 310, toMs: 350 })).toEqual([null]);
  });

  test('is one of the stopped process, begun before the pause and not ended', () => {
    const others = [
      { operation: 2, fromMs: 10, toMs: 45 },
      { operation: 4, fromMs: 301, toMs: 340 },
      { operation: 7, fromMs: 40, toMs: 80 },
    ];
    expect(cut(...others).map(({ hold }) => hold.operation)).toEqual([0]);
  });

  test('counts for each pause apart: the fewest that were joined in one of them', () => {
    const again = pause(600, 850);
    const holds = [stopped, { operation: 1, fromMs: 150, toMs: 190 }, { operation: 2, fromMs: 590, toMs: 870 }];
    const joined = { operation: 3, fromMs: 700, toMs: 740 };
    const fewest = (run: MadeUp) => fewestJoined(madeUp(run), 'pauseHolder');
    expect(fewest({ holds, faults: [...faults, again] })).toBe(0);
    expect(fewest({ holds: [...holds, joined], faults: [...faults, again] })).toBe(1);
  });

  test('cannot be told of a run without a pause: that is null, and not zero', () => {
    expect(fewestJoined(madeUp({ holds: [stopped] }), 'pauseHolder')).toBeNull();
  });
});

describe('a stopped hold is wanted', () => {
  const stopped = { operation: 0, fromMs: 40, toMs: 320 };
  // The TTL is 100 ms: nobody could have entered before 140.
  const isWanted = (request: { operation: number; fromMs: number; toMs?: number }, pausedUntilMs = 300) =>
    cutHolds(madeUp({ holds: [stopped], requests: [request], faults: [pause(50, pausedUntilMs)] }), 'pauseHolder').map(
      (one) => one.isWanted,
    );

  test('if the other process waited for its account after the TTL', () => {
    expect(isWanted({ operation: 1, fromMs: 60, toMs: 150 })).toEqual([true]);
    expect(isWanted({ operation: 1, fromMs: 200, toMs: 240 })).toEqual([true]);
  });

  test('if that request was never answered', () => {
    expect(isWanted({ operation: 1, fromMs: 60 })).toEqual([true]);
  });

  test('not if it had given up before, or came after the pause', () => {
    expect(isWanted({ operation: 1, fromMs: 60, toMs: 139 })).toEqual([false]);
    expect(isWanted({ operation: 1, fromMs: 301, toMs: 400 })).toEqual([false]);
  });

  test('not by the stopped process itself, nor for another account', () => {
    expect(isWanted({ operation: 20, fromMs: 60, toMs: 400 })).toEqual([false]);
    expect(isWanted({ operation: 3, fromMs: 60, toMs: 400 })).toEqual([false]);
  });

  test('not in a pause that ends before the TTL', () => {
    expect(isWanted({ operation: 1, fromMs: 60, toMs: 400 }, 130)).toEqual([false]);
  });
});

describe('a mistake leads to the next', () => {
  const late = { operation: 0, fromMs: 40, toMs: 310 };
  const second = { operation: 1, fromMs: 290, toMs: 330 };
  const cascade = (...holds: MadeUpHold[]) => pairs(cascades(madeUp({ holds, faults: [pause(50, 300)] })));

  test('when two overlap of whom neither was stopped', () => {
    expect(cascade(late, second, { operation: 21, fromMs: 312, toMs: 352 })).toEqual(['1 & 21']);
  });

  test('and not when one of them is the stopped one, the earlier or the later', () => {
    expect(cascade(late, second)).toEqual([]);
    expect(cascade(late, { operation: 1, fromMs: 80, toMs: 120 })).toEqual([]);
    expect(cascade({ operation: 1, fromMs: 20, toMs: 60 }, late)).toEqual([]);
  });

  test('and not when the first simply took longer than its TTL, as on a slow machine', () => {
    expect(cascade({ operation: 1, fromMs: 400, toMs: 520 }, { operation: 21, fromMs: 501, toMs: 541 })).toEqual([]);
  });
});

test('a request is contended if somebody else holds its account when it comes', () => {
  const holds = [
    { operation: 0, fromMs: 10, toMs: 50 },
    { operation: 1, fromMs: 55, toMs: 90 },
  ];
  const requests = [
    { operation: 0, fromMs: 5, toMs: 51 },
    { operation: 1, fromMs: 12, toMs: 91 },
    { operation: 2, fromMs: 20, toMs: 60 },
    { operation: 3, fromMs: 30, toMs: 70 },
  ];
  expect(contendedRequests(madeUp({ holds, requests }))).toBe(1);
});
