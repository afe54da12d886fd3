/**
 * The tables: the accounts that the locks protect, and a history that nobody writes to by hand.
 *
 * Invariant: every UPDATE that names `balance` raises `version` by one and leaves one row of history, also if it writes
 * the balance that was there before. One that only claims a fence does neither. Triggers do it, so that it is true of
 * any variant's SQL, a reader's own too. The order of `seq` within an account is the order of its writes: the row is
 * locked by then.
 * Read next: teller/update-context.ts (who writes), referee/app.ts (who reads the history).
 */
import type { Pool } from 'pg';

/** Any number will do, as long as all who make this schema use the same. */
const SCHEMA_LOCK = 7_152_301;

const TABLES = `
CREATE TABLE account (
  id int PRIMARY KEY,
  balance bigint NOT NULL DEFAULT 0,
  fence bigint NOT NULL DEFAULT 0,
  version bigint NOT NULL DEFAULT 0,
  writer int
);
CREATE TABLE history (
  seq bigserial PRIMARY KEY,
  account int NOT NULL,
  operation int,
  before bigint NOT NULL,
  after bigint NOT NULL,
  at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE FUNCTION raise_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- From OLD: a statement that raises the version itself does not raise it twice.
  NEW.version := OLD.version + 1;
  RETURN NEW;
END $$;
CREATE FUNCTION keep_history() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  INSERT INTO history (account, operation, before, after) VALUES (NEW.id, NEW.writer, OLD.balance, NEW.balance);
  RETURN NULL;
END $$;
CREATE TRIGGER raise_version BEFORE UPDATE OF balance ON account FOR EACH ROW EXECUTE FUNCTION raise_version();
CREATE TRIGGER keep_history AFTER UPDATE OF balance ON account FOR EACH ROW EXECUTE FUNCTION keep_history();
`;

/**
 * Makes the tables if they are not there, and the accounts 0 to `accounts` - 1. Does nothing to what is there, and may
 * be called by several processes at once.
 */
export async function ensureSchema(pool: Pool, accounts: number): Promise<void> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    // Else two that look at the same time both find nothing, and the second CREATE fails.
    await client.query('SELECT pg_advisory_xact_lock($1)', [SCHEMA_LOCK]);
    const { rows } = await client.query<{ isThere: boolean }>(`SELECT to_regclass('history') IS NOT NULL AS "isThere"`);
    // Not `CREATE … IF NOT EXISTS`: that has no form for a trigger which does not lock the table against its writers,
    // and a service may be started again in the middle of a run.
    if (!rows[0]?.isThere) await client.query(TABLES);
    await client.query('INSERT INTO account (id) SELECT generate_series(0, $1::int - 1) ON CONFLICT DO NOTHING', [
      accounts,
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
