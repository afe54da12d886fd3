import { describe, expect, it } from 'vitest';
import { eventsIn, faultSpan, firstGap, highestMean, integral, mean, serviceOf } from '../observation.ts';
import { madeUp } from './made-up.ts';

const gauge = { atMs: [0, 10, 30], value: [2, 4, 1] };

describe('the integral of a gauge', () => {
  it('lets each sample hold until the next one, and the last until the end of the span', () => {
    expect(integral(gauge, { fromMs: 0, toMs: 40 })).toBe(2 * 10 + 4 * 20 + 1 * 10);
  });

  it('counts only what lies inside the span', () => {
    expect(integral(gauge, { fromMs: 5, toMs: 20 })).toBe(2 * 5 + 4 * 10);
    expect(integral(gauge, { fromMs: 12, toMs: 13 })).toBe(4);
  });

  it('has nothing before the first sample', () => {
    expect(integral({ atMs: [10], value: [3] }, { fromMs: 0, toMs: 20 })).toBe(30);
  });

  it('between two samples is their exact area where that is known', () => {
    const exact = { ...gauge, area: [Number.NaN, 25, Number.NaN] };
    expect(integral(exact, { fromMs: 0, toMs: 40 })).toBe(25 + 4 * 20 + 1 * 10);
    // A part of the time between two samples has no area of its own.
    expect(integral(exact, { fromMs: 5, toMs: 40 })).toBe(2 * 5 + 4 * 20 + 1 * 10);
  });

  it('of no samples, or of an empty span, is zero', () => {
    expect(integral({ atMs: [], value: [] }, { fromMs: 0, toMs: 20 })).toBe(0);
    expect(integral(gauge, { fromMs: 20, toMs: 20 })).toBe(0);
  });
});

describe('the mean of a gauge', () => {
  it('weighs each value by how long it held', () => {
    expect(mean(gauge, { fromMs: 0, toMs: 40 })).toBe((2 * 10 + 4 * 20 + 1 * 10) / 40);
  });

  it('is unknown without a sample in the span, without a gauge, and in an empty span', () => {
    expect(mean(gauge, { fromMs: 11, toMs: 29 })).toBeNull();
    expect(mean(undefined, { fromMs: 0, toMs: 40 })).toBeNull();
    expect(mean(gauge, { fromMs: 10, toMs: 10 })).toBeNull();
  });
});

describe('the highest mean of a gauge', () => {
  const peak = { atMs: [0, 100, 150, 200, 300], value: [1, 9, 3, 2, 40] };

  it('is that of its busiest bucket, not its highest sample', () => {
    expect(highestMean(peak, { fromMs: 0, toMs: 300 }, 100)).toBe((9 * 50 + 3 * 50) / 100);
  });

  it('leaves out what remains at the end, where one late sample would be a peak', () => {
    expect(highestMean(peak, { fromMs: 0, toMs: 301 }, 100)).toBe(6);
    expect(highestMean(peak, { fromMs: 0, toMs: 399 }, 100)).toBe(6);
    expect(highestMean(peak, { fromMs: 0, toMs: 400 }, 100)).toBe(40);
  });

  it('of a span shorter than a bucket is its mean', () => {
    expect(highestMean(peak, { fromMs: 100, toMs: 175 }, 100)).toBe((9 * 50 + 3 * 25) / 75);
  });

  it('is unknown without samples, and in an empty span', () => {
    expect(highestMean(undefined, { fromMs: 0, toMs: 300 }, 100)).toBeNull();
    expect(highestMean({ atMs: [], value: [] }, { fromMs: 0, toMs: 300 }, 100)).toBeNull();
    expect(highestMean(peak, { fromMs: 100, toMs: 100 }, 100)).toBeNull();
  });
});

describe('events in a span', () => {
  it('include its start and not its end', () => {
    expect(eventsIn([0, 10, 20, 30], { fromMs: 10, toMs: 30 })).toEqual([10, 20]);
  });

  it('are none when nothing was watched', () => {
    expect(eventsIn(undefined, { fromMs: 0, toMs: 10 })).toEqual([]);
  });
});

describe('the first gap', () => {
  const span = { fromMs: 0, toMs: 100 };

  it('begins at the last event before the pause', () => {
    expect(firstGap([5, 10, 15, 60, 65, 95], span, 40)).toBe(15);
  });

  it('is as long as was asked, not shorter', () => {
    expect(firstGap([10, 50, 89], span, 40)).toBe(10);
    expect(firstGap([10, 49, 88], span, 40)).toBeNull();
  });

  it('may end with the span instead of an event', () => {
    expect(firstGap([10, 20], span, 80)).toBe(20);
  });

  it('ignores what happens outside of the span', () => {
    expect(firstGap([0, 50, 60, 70, 80, 90], { fromMs: 50, toMs: 100 }, 30)).toBeNull();
  });

  it('is absent in a stream that never began', () => {
    expect(firstGap([], span, 10)).toBeNull();
    expect(firstGap(undefined, span, 10)).toBeNull();
  });
});

describe('the span of a fault', () => {
  it('begins when it took effect, not when it was asked for', () => {
    expect(faultSpan(madeUp(), 'hang')).toEqual({ fromMs: 203, toMs: 602 });
  });

  it('lasts to the end of the run if it was never healed', () => {
    const run = madeUp(({ timeline }) => Object.assign(timeline[0] ?? {}, { healedAtMs: null }));
    expect(faultSpan(run, 'hang')).toEqual({ fromMs: 203, toMs: run.load.elapsedMs });
  });

  it('is absent if the fault never took effect, or was never asked for', () => {
    const run = madeUp(({ timeline }) => Object.assign(timeline[0] ?? {}, { effectiveAtMs: null }));
    expect(faultSpan(run, 'hang')).toBeNull();
    expect(faultSpan(madeUp(), 'crash')).toBeNull();
  });
});

it('asking for a service that was not in the run names it and the variant', () => {
  expect(serviceOf(madeUp(), 'gateway').name).toBe('gateway');
  expect(() => serviceOf(madeUp(), 'gatewya')).toThrow('no service named gatewya in the observation of fixed');
});
