/** How the bench comes to a figure and to a verdict: what is counted, when the machine is busy, and what is judged. */
import { channel } from 'node:diagnostics_channel';
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import { OtherWork } from '@backend-labs/load/bench/other-work';
import { describe, expect, it } from 'vitest';
import { Acknowledged } from '../bench/acknowledged.ts';
import { judge } from '../bench/judged.ts';

it('judges by the median of the rounds, from below and from above, and not at all on a busy machine', () => {
  const common = { name: 'a', figures: '3 beside 9', otherWork: 0.1 };
  expect(judge({ ...common, atLeast: 1, ratios: [0.1, 1.1, 1.2] })).toMatchObject({ met: true });
  expect(judge({ ...common, atLeast: 1, ratios: [0.1, 0.9, 1.2] })).toMatchObject({
    met: false,
    detail: 'expected at least 1.00×, measured 0.90× (rounds from 0.10× to 1.20×): 3 beside 9',
  });
  expect(judge({ ...common, atMost: 0.7, ratios: [0.6] })).toMatchObject({ met: true });
  expect(judge({ ...common, atMost: 0.7, ratios: [0.8] })).toMatchObject({ met: false });
  const busy = judge({ ...common, atMost: 0.7, ratios: [0.6], otherWork: 0.9 });
  expect(busy).toMatchObject({ met: null, detail: expect.stringContaining('other work takes 90 %') });
});

it('other work is what keeps the cores from being idle', async () => {
  const spinning = cpus().map(() => new Worker('while (true);', { eval: true }));
  const busy = new OtherWork();
  await busy.look();
  await busy.look();
  await Promise.all(spinning.map((worker) => worker.terminate()));
  expect(busy.share).toBeGreaterThan(0.8);
  expect(busy.share).toBeLessThanOrEqual(1);
});

describe('acknowledged events', () => {
  const say = (count: number) => channel('outbox.published').publish({ ids: Array(count).fill(7).join(' ') });

  it('are counted with their batches, and their rate is from one acknowledgement to another', async () => {
    const batches: number[] = [];
    using acknowledged = new Acknowledged((events) => batches.push(events));
    say(3);
    const first = performance.now();
    await delay(30);
    say(1);
    say(5);
    const last = performance.now();
    expect([batches, acknowledged.count]).toEqual([[3, 1, 5], 9]);
    const rate = acknowledged.rateBetween(0, Number.POSITIVE_INFINITY);
    // The first batch is where the clock starts, and no part of the rate.
    expect(rate).toBeGreaterThanOrEqual(6 / ((last - first + 5) / 1000));
    expect(rate).toBeLessThanOrEqual(6 / 0.025);
    expect(acknowledged.rateBetween(last + 1, last + 2)).toBeNaN();
  });
});
