/**
 * The row's own lock: BEGIN, SELECT … FOR UPDATE, think, UPDATE, COMMIT. The lock lives where the data is.
 *
 * Promises mutual exclusion for as long as the transaction lives; when its connection ends, Postgres frees the row and
 * throws the half-done work away. Nothing expires: a paused holder keeps the row, and its write is never too late.
 * Fails by waiting: a paused holder keeps all others out. `idle_in_transaction_session_timeout` would end that (not set
 * here), and the late write then dies with its session. A transaction that stays open while one thinks also holds a
 * connection and keeps VACUUM from cleaning up: this is not for thinking of minutes.
 * Read next: pg-advisory.ts (a lock that is no row), compare-and-set.ts (nobody waits).
 */
import { channel } from 'node:diagnostics_channel';
import type { Update } from '../contract.ts';

/** Postgres' code for a lock that was not had within lock_timeout (lock_not_available). */
const LOCK_TIMEOUT = '55P03';

/** The write announces itself as account.write does, for whoever watches the steps of an update. */
const writing = channel('redis-lock.writing');

const update: Update = async (id, think, { operation, postgres, holding, settings }) => {
  const giveUpAt = performance.now() + settings.acquireTimeoutMs;
  // One client for everything. account.write() takes another connection, so it would wait for the row that this one has
  // locked: for ever. A pool that is waited for too long (pg gives that error no code) is part of the same queue.
  const client = await postgres.connect().catch((error: Error) => {
    if (error.message.includes('timeout')) return null;
    throw error;
  });
  if (client === null) return 'not-acquired';
  let isClean = false;
  try {
    await client.query('BEGIN');
    // What is left, and at least 1: 0 would mean no limit. `true`: for this transaction, like SET LOCAL, which takes no
    // parameters. The caller's signal does not cut the wait short: a query is cancelled by another connection only.
    const leftMs = Math.max(1, Math.ceil(giveUpAt - performance.now()));
    await client.query("SELECT set_config('lock_timeout', $1, true)", [`${leftMs}ms`]);
    const select = 'SELECT balance FROM account WHERE id = $1 FOR UPDATE';
    const { rows } = await client.query<{ balance: string }>(select, [id]);
    if (rows[0] === undefined) throw new RangeError(`there is no account ${id}`);
    const balance = Number(rows[0].balance);
    await holding(async () => {
      const changed = balance + (await think());
      writing.publish({ operation, account: id });
      await client.query('UPDATE account SET balance = $2, writer = $3 WHERE id = $1', [id, changed, operation]);
    });
    // After `holding`: the COMMIT frees the row, and the next one may be in before its answer is here.
    await client.query('COMMIT');
    isClean = true;
    return 'written';
  } catch (error) {
    if ((error as { code?: string }).code !== LOCK_TIMEOUT) throw error;
    await client.query('ROLLBACK');
    isClean = true;
    return 'not-acquired';
  } finally {
    // After any other error the connection is closed, and the transaction rolled back with it.
    client.release(!isClean);
  }
};

export default update;
