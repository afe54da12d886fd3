/**
 * Ten thousand at one server: what it takes to hold them, and how long one message takes to reach them all.
 *
 * Rounds go through all servers in turn, each time in new processes. Nothing is published before memory has been read,
 * and the messages after it show that all of them were there.
 * Read next: memory.ts, one-message.ts (what is made of it), server-main.ts (how memory is read).
 */
import type { BenchContext } from '@backend-labs/load';
import { type Delivered, openCrowd, type Served } from './crowd.ts';
import type { Plan } from './plan.ts';
import type { MemoryReading } from './server-main.ts';

export interface ManyMeasured {
  /** With the first few connections, after collecting. */
  before: MemoryReading;
  /** With all of them, as it is. */
  asIs: MemoryReading;
  /** With all of them, after collecting. */
  after: MemoryReading;
  /** Of each message. */
  delivered: Delivered[];
}

/** As the lab's feed has them, but for a poll: it is held until all of this is over. */
const SETTINGS = {
  ringSize: 1000,
  maxBufferedBytes: 1_048_576,
  holdMs: 600_000,
  heartbeatMs: 15_000,
  reconnectMs: 1000,
};

export async function measureMany(
  { servers, many, textBytes, arriveLimitMs }: Plan,
  { log, signal }: Pick<BenchContext, 'log' | 'signal'>,
): Promise<Map<string, ManyMeasured[]>> {
  const measured = new Map(many.of.map((name) => [name, [] as ManyMeasured[]]));
  for (let round = 0; round < many.rounds; round++) {
    for (const name of many.of) {
      log(`${many.subscribers} subscribers, round ${round + 1} of ${many.rounds}: ${name}`);
      const { clientProcesses } = many;
      const limits = { settings: SETTINGS, arriveLimitMs, clientProcesses, signal };
      await using crowd = await openCrowd({ served: servers[name] as Served, ...limits });
      await crowd.add(many.first);
      const before = await crowd.memory('collected');
      await crowd.add(many.subscribers);
      const asIs = await crowd.memory('memory');
      const after = await crowd.memory('collected');
      const delivered: Delivered[] = [];
      // A poll that was answered is over, and its subscriber would have to ask again.
      const isOnce = servers[name]?.kind === 'held-poll';
      for (let n = isOnce ? 0 : -many.warmUpMessages; n < (isOnce ? 1 : many.messages); n++) {
        const one = await crowd.publish({ messages: 1, everyMs: 0, textBytes });
        if (n >= 0) delivered.push(one);
      }
      measured.get(name)?.push({ before, asIs, after, delivered });
    }
  }
  return measured;
}
