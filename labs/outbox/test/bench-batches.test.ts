/** How the bench gives Kafka a batch where a peer hands events over one by one. */
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventsOf } from '../bench/backlog.ts';
import { inBatches } from '../bench/in-batches.ts';

describe('batches of what is handed over one by one', () => {
  it('go when they are full, the rest a moment later, and settle with their events', async () => {
    const sent: number[][] = [];
    const sends: PromiseWithResolvers<void>[] = [];
    const hand = inBatches((events) => {
      sent.push(events.map(({ id }) => id));
      sends.push(Promise.withResolvers<void>());
      return (sends.at(-1) as PromiseWithResolvers<void>).promise;
    }, 3);
    const settled: string[] = [];
    const handed = eventsOf(0, 7).map((event) =>
      hand(event).then(
        () => settled.push(`${event.id} sent`),
        () => settled.push(`${event.id} refused`),
      ),
    );
    expect(sent).toEqual([
      [0, 1, 2],
      [3, 4, 5],
    ]);
    sends[1]?.reject(new Error('no'));
    while (sent.length < 3) await delay(1);
    expect(sent[2]).toEqual([6]);
    expect(settled).toEqual(['3 refused', '4 refused', '5 refused']);
    sends[0]?.resolve();
    sends[2]?.resolve();
    await Promise.all(handed);
    expect(settled.toSorted()).toEqual([
      ...['0 sent', '1 sent', '2 sent', '3 refused', '4 refused', '5 refused', '6 sent'],
    ]);
  });
});
