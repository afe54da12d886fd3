/**
 * Fills an outbox: events that were committed and not yet published.
 *
 * By SQL alone, because a million orders through the shop would take an hour. Each transaction has so many rows, as the
 * log and a transaction's id make a difference to the relays. Invariant: all of it is on disk when this resolves, and
 * vacuumed, so that neither is part of what is measured.
 */
import type { Pool } from 'pg';
import type { OrderPlaced } from '../src/contract.ts';

export const CUSTOMERS = 100;
const ITEMS: OrderPlaced['items'] = [{ sku: 'tea', quantity: 1 }];

/** The same events that `fill` inserts, for those who keep them elsewhere. */
export function eventsOf(first: number, count: number): OrderPlaced[] {
  return Array.from({ length: count }, (_, index) => {
    const id = first + index;
    return { id, customer: id % CUSTOMERS, version: 1 + Math.floor(id / CUSTOMERS), items: ITEMS };
  });
}

const insert = (first: string, last: string) => `
  INSERT INTO outbox (customer, event)
  SELECT id % ${CUSTOMERS}, jsonb_build_object('id', id, 'customer', id % ${CUSTOMERS},
    'version', 1 + id / ${CUSTOMERS}, 'items', '${JSON.stringify(ITEMS)}'::jsonb)
  FROM generate_series(${first}, ${last}) AS id;`;

/** Inserts the events 0 to `count` - 1. */
export async function fill(pool: Pool, count: number, { rowsPerTransaction }: { rowsPerTransaction: number }) {
  const client = await pool.connect();
  try {
    // Else each of a million commits would wait for the disk. The checkpoint brings all there.
    await client.query('SET synchronous_commit = off');
    await client.query(`DO $$ BEGIN
      FOR lowest IN 0..${count - 1} BY ${rowsPerTransaction} LOOP
        ${insert('lowest', `least(lowest + ${rowsPerTransaction}, ${count}) - 1`)}
        COMMIT;
      END LOOP;
    END $$`);
    await client.query('VACUUM ANALYZE outbox');
    await client.query('CHECKPOINT');
  } finally {
    client.release(true); // with its setting
  }
}

/** Inserts so many more, from that id on, in one transaction. */
export async function add(pool: Pool, first: number, count: number): Promise<void> {
  await pool.query(insert(String(first), String(first + count - 1)));
}
