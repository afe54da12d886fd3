/**
 * The tables: the shop's, the outbox, and the consumer's.
 *
 * Invariant: `orders` is the truth of what was committed, whatever became of its event; `application` is the truth of
 * what the consumer did, and nobody ever deletes from either. All variants get the same tables. An index that only some need
 * they make themselves, so that no other one pays for it with each row.
 * Read next: variants/skip-locked.ts, variants/poll-by-xid.ts (who reads the outbox how).
 */
import type { Pool } from 'pg';

/** Any number will do, as long as all who make this schema use the same. */
const SCHEMA_LOCK = 7_152_302;

const TABLES = `
CREATE TABLE customer (
  id int PRIMARY KEY,
  version int NOT NULL DEFAULT 0
);
CREATE TABLE orders (
  id int PRIMARY KEY,
  customer int NOT NULL,
  version int NOT NULL,
  items jsonb NOT NULL,
  UNIQUE (customer, version)
);
CREATE TABLE outbox (
  position bigserial PRIMARY KEY,
  -- The transaction that inserted it, for who wants to know whether older ones are still open.
  xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
  customer int NOT NULL,
  event jsonb NOT NULL,
  published_at timestamptz
);
CREATE INDEX outbox_unpublished ON outbox (position) WHERE published_at IS NULL;
-- How far a relay has come that does not mark rows.
CREATE TABLE relay_cursor (
  name text PRIMARY KEY,
  position bigint NOT NULL DEFAULT 0,
  xid xid8 NOT NULL DEFAULT '0'
);
CREATE TABLE dead_letter (
  id bigserial PRIMARY KEY,
  event jsonb NOT NULL,
  error text NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE inbox (
  event int PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE TABLE customer_view (
  customer int PRIMARY KEY,
  orders int NOT NULL,
  last_version int NOT NULL
);
CREATE TABLE application (
  seq bigserial PRIMARY KEY,
  event int NOT NULL,
  customer int NOT NULL,
  version int NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
`;

/** Makes the tables if they are not there, and the customers 0 to `customers` - 1. Several processes may call it at once. */
export async function ensureSchema(pool: Pool, customers: number): Promise<void> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    // Else two that look at the same time both find nothing, and the second CREATE fails.
    await client.query('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
    const { rows } = await client.query<{ isThere: boolean }>(
      `SELECT to_regclass('application') IS NOT NULL AS "isThere"`,
    );
    if (!rows[0]?.isThere) await client.query(TABLES);
    await client.query('INSERT INTO customer (id) SELECT generate_series(0, $1::int - 1) ON CONFLICT DO NOTHING', [
      customers,
    ]);
    await client.query('COMMIT');
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    // A connection whose transaction has failed is closed, and so rolled back.
    client.release(failure);
  }
}
