/** A site whose outbox is read through a replication slot: its stream, and where the slot stands in the log. */
import type { Stack } from '@backend-labs/stack';
import { until, within } from '@backend-labs/testbed';
import { type Batch, type EventStream, openStream } from '../src/relay/pgoutput-stream.ts';
import cdcPgoutput from '../src/variants/cdc-pgoutput.ts';
import { contextFor, willing } from './relay-with.ts';
import { idsOf, openSite, type Site } from './site.ts';

/** A site with a slot. */
export async function openSlot(servers: Stack) {
  const site = await openSite(servers);
  const { context } = contextFor(site, willing(), new AbortController().signal);
  await cdcPgoutput.prepareRelay?.(context);
  return site;
}

/** A stream of the site's slot, when nobody else reads it any more. */
export async function streamOf(
  site: Site,
  { signal = new AbortController().signal, postgresUrl = site.postgresUrl } = {},
) {
  await until('nobody reads the slot', async () => {
    const slots = await site.query<{ active: boolean }>(
      'SELECT active FROM pg_replication_slots WHERE database = current_database()',
    );
    return slots.every(({ active }) => !active);
  });
  return openStream(contextFor(site, { ...willing(), postgresUrl }, signal).context);
}

/** The next batch, which has a deadline: up to so many events, or a transaction that is larger. */
export const take = (stream: EventStream, limit: number): Promise<Batch> =>
  within('the next events', stream.take(limit));

/** The ids of the next so many events, one transaction at a time, each acknowledged. */
export async function takeEach(stream: EventStream, count: number): Promise<number[]> {
  const seen: number[] = [];
  for (let taken = 0; taken < count; taken++) {
    const batch = await take(stream, 1);
    seen.push(...idsOf(batch.events));
    batch.acknowledge();
  }
  return seen;
}

/** What the log's end is now. */
export async function logEnd(site: Site): Promise<string> {
  const [row] = await site.query<{ lsn: string }>('SELECT pg_current_wal_insert_lsn() AS lsn');
  return row?.lsn ?? '';
}

/** Whether the server knows of an acknowledgement past this place in the log. */
export const isPast = async (site: Site, lsn: string) =>
  (
    await site.query(
      'SELECT FROM pg_replication_slots WHERE database = current_database() AND confirmed_flush_lsn > $1::pg_lsn',
      [lsn],
    )
  ).length > 0;

/** So many orders, each a commit of its own right behind the other, and where the log was before each. */
export async function backToBack(site: Site, count: number) {
  const orders: { id: number; before: string }[] = [];
  for (let order = 0; order < count; order++) {
    const before = await logEnd(site);
    orders.push({ before, id: (await site.order(order)).id });
  }
  return orders;
}
