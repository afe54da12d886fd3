/**
 * The witnesses: three sets of ids, and what is not in all of them.
 *
 * Committed is what the table of orders says, published is what Kafka gives to somebody who reads the topic from its
 * start, applied is what the consumer's transactions left behind. None of them asks the subject.
 * Invariant: nothing is judged before all is over: nothing has moved for a while, a short one if everything is applied.
 * Read next: ledger.ts (how the sets become lost, duplicate, phantom, reordered).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { ServerAccess, WitnessContext, WitnessRecord } from '@backend-labs/experiment';
import { isWarmUp, topicOf } from './names.ts';

/** An order of the table of orders. */
export interface Committed {
  id: number;
  customer: number;
  version: number;
}

/** A record of the topic. `atMs` after the load's start, by the clock of who sent it. */
export interface Published extends Committed {
  partition: number;
  offset: number;
  atMs: number;
}

/** One time that the consumer's effect happened. */
export interface Applied extends Committed {
  seq: number;
  atMs: number;
}

export interface DeadLetter {
  id: number;
  error: string;
}

/** When nothing is missing any more, a second copy may still be on its way. */
const ALL_THERE_MS = 500;
/** Longer than a consumer group needs after a member's death, a relay after a restart, any poll. */
const QUIET_MS = 2500;
const LOOK_EVERY_MS = 50;

const WITNESSES = ['committed', 'published', 'applied', 'buried'] as const;
type Witness = (typeof WITNESSES)[number];

export async function witnesses(context: WitnessContext<unknown>): Promise<Record<Witness, readonly WitnessRecord[]>> {
  const { servers, signal, sinceStartMs } = context;
  const { default: pg } = await import('pg');
  const client = new pg.Client(servers.urlOf('postgres-1'));
  client.on('error', () => {});
  await client.connect();
  try {
    await untilOver(client, signal);
    const query = async (text: string) => (await client.query<WitnessRecord>(text)).rows;
    const ours = (rows: readonly WitnessRecord[]) => rows.filter(({ id }) => !isWarmUp(Number(id)));
    const applied = await query(
      `SELECT seq::int, event AS id, customer, version, extract(epoch FROM at)::float8 * 1000 AS "atMs"
       FROM application ORDER BY seq`,
    );
    return {
      committed: ours(await query('SELECT id, customer, version FROM orders ORDER BY customer, version')),
      published: ours(await readTopic(servers, sinceStartMs, signal)),
      applied: ours(applied.map((row) => ({ ...row, atMs: sinceStartMs(Number(row.atMs)) }))),
      buried: ours(await query(`SELECT (event->>'id')::int AS id, error FROM dead_letter ORDER BY id`)),
    };
  } finally {
    await client.end();
  }
}

async function untilOver(
  client: { query: (text: string) => Promise<{ rows: Record<string, unknown>[] }> },
  signal: AbortSignal,
): Promise<void> {
  let before = '';
  let limitMs = QUIET_MS;
  for (let quietSinceMs = performance.now(); performance.now() - quietSinceMs < limitMs; ) {
    const { rows } = await client.query(
      `SELECT (SELECT count(*) FROM application) AS applications,
              (SELECT count(*) FROM orders) AS orders,
              (SELECT count(*) FROM outbox WHERE published_at IS NULL) AS unpublished,
              (SELECT count(*) FROM orders o WHERE NOT EXISTS (SELECT FROM application a WHERE a.event = o.id)
                 AND NOT EXISTS (SELECT FROM dead_letter d WHERE (d.event->>'id')::int = o.id)) AS missing`,
    );
    const { applications, ...others } = rows[0] ?? {};
    // While something is missing only that counts: a relay that publishes the same events for ever is not on its way.
    const now = JSON.stringify(others.missing === '0' ? rows[0] : others);
    limitMs = rows[0]?.missing === '0' ? ALL_THERE_MS : QUIET_MS;
    if (now !== before) quietSinceMs = performance.now();
    before = now;
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** All of the topic, from its start to where it ends now. */
async function readTopic(
  access: ServerAccess,
  sinceStartMs: (wallClockMs: number) => number,
  signal: AbortSignal,
): Promise<WitnessRecord[]> {
  const { createKafka } = await import('../src/kafka.ts');
  const kafka = createKafka({ url: access.urlOf('kafka-1'), clientId: 'witness' });
  const topic = topicOf(access);
  const admin = kafka.admin();
  await admin.connect();
  const ends = await admin.fetchTopicOffsets(topic).finally(() => admin.disconnect());
  const left = new Map(
    ends.flatMap(({ partition, high }): [number, number][] => (high === '0' ? [] : [[partition, Number(high)]])),
  );
  const records: WitnessRecord[] = [];
  if (left.size === 0) return records;
  const consumer = kafka.consumer({ groupId: `${access.dataName}.witness`, maxWaitTimeInMs: 20 });
  const done = Promise.withResolvers<void>();
  const stop = () => done.reject(signal.reason);
  signal.addEventListener('abort', stop, { once: true });
  await consumer.connect();
  try {
    await consumer.subscribe({ topic, fromBeginning: true });
    await consumer.run({
      autoCommit: false,
      eachMessage: async ({ partition, message }) => {
        const { id, customer, version } = JSON.parse(message.value?.toString() ?? 'null') as Committed;
        const offset = Number(message.offset);
        records.push({ id, customer, version, partition, offset, atMs: sinceStartMs(Number(message.timestamp)) });
        if (offset + 1 >= (left.get(partition) ?? 0)) left.delete(partition);
        if (left.size === 0) done.resolve();
      },
    });
    await done.promise;
  } finally {
    signal.removeEventListener('abort', stop);
    await consumer.disconnect();
  }
  // In the order of a partition, whatever order the partitions came in.
  return records.toSorted((a, b) => Number(a.partition) - Number(b.partition) || Number(a.offset) - Number(b.offset));
}

export interface Sets {
  committed: readonly Committed[];
  published: readonly Published[];
  applied: readonly Applied[];
  buried: readonly DeadLetter[];
}

export function setsOf(all: Record<string, readonly WitnessRecord[]>): Sets {
  const of = (name: Witness) => (all[name] ?? []) as unknown;
  return {
    committed: of('committed') as Committed[],
    published: of('published') as Published[],
    applied: of('applied') as Applied[],
    buried: of('buried') as DeadLetter[],
  };
}
