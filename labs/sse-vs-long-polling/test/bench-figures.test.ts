/** How the bench comes to its verdicts: what is judged by what, and when nothing is. */
import { describe, expect, it } from 'vitest';
import { judge } from '../bench/judged.ts';
import type { ManyMeasured } from '../bench/many.ts';
import { textWithMark } from '../bench/mark.ts';
import { judgeMemory, MOST_RSS_BYTES } from '../bench/memory.ts';
import { openFilesLimit, whyTooMany } from '../bench/open-files.ts';
import { planOf } from '../bench/plan.ts';

describe('a ratio', () => {
  const common = { name: 'a', figures: '3 beside 9', missing: 0, otherWork: 0.1 };

  it('is judged by the median of the rounds, and not at all on a busy machine', () => {
    expect(judge({ ...common, atMost: 1.05, ratios: [0.1, 1.05, 1.2] })).toMatchObject({ met: true });
    expect(judge({ ...common, atMost: 1.05, ratios: [0.1, 1.06, 1.2] })).toMatchObject({
      met: false,
      detail: 'expected at most 1.05×, measured 1.06× (rounds from 0.10× to 1.20×): 3 beside 9',
    });
    const busy = judge({ ...common, atMost: 1.05, ratios: [0.6], otherWork: 0.9 });
    expect(busy).toMatchObject({ met: null, detail: expect.stringContaining('other work takes 90 %') });
  });

  it('is below its bound only if it is not the bound itself', () => {
    const below = { ...common, atMost: 1, isExcluded: true };
    expect(judge({ ...below, ratios: [0.99] })).toMatchObject({ met: true });
    expect(judge({ ...below, ratios: [1] })).toMatchObject({ met: false });
  });

  it('is not met when something is missing, however little it cost and however busy the machine is', () => {
    const missing = judge({ ...common, atMost: 1.05, ratios: [0.1], missing: 4, otherWork: 0.9 });
    expect(missing).toMatchObject({ met: false, detail: expect.stringMatching(/^4 deliveries are missing/) });
  });
});

it('memory is judged by the median of the rounds, for each subscriber that came after the first reading', () => {
  const plan = planOf({ quick: false });
  const reading = (rss: number) => ({ rss, heap: 0, external: 0, young: 0 });
  const grownBy = (bytes: number): ManyMeasured => ({
    before: reading(1e8),
    asIs: reading(9e9),
    after: reading(1e8 + bytes * plan.many.subscribers),
    delivered: [],
  });
  const judged = (...each: number[]) => judgeMemory(new Map([['sse-resume', each.map(grownBy)]]), plan).met;
  expect(judged(1, MOST_RSS_BYTES, 1e9)).toBe(true);
  expect(judged(1, MOST_RSS_BYTES + 1, 1e9)).toBe(false);
  expect(judged()).toBe(false);
});

it('connections are compared with the open files that the system allows', async () => {
  expect(whyTooMany(10_100, Number.POSITIVE_INFINITY)).toBeNull();
  expect(whyTooMany(10_100, 10_300)).toBeNull();
  expect(whyTooMany(10_100, 10_299)).toContain('10299');
  expect(await openFilesLimit()).toBeGreaterThan(0);
});

it('a message has its mark once, and is not so short that its length could be taken for one', () => {
  const text = textWithMark(100);
  expect(text).toHaveLength(100);
  expect(text.match(/\^/g)).toHaveLength(1);
  expect(() => textWithMark(94)).toThrow(RangeError);
});
