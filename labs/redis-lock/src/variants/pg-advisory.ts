/**
 * Postgres' advisory lock, for the session: a number that one connection at a time can hold. Nothing has to exist.
 *
 * Promises mutual exclusion for as long as the connection lives. When it ends, however it ends, Postgres frees the
 * lock: no TTL, so no holder is too late, and a dead one is replaced at once. Waiters stand in a queue and do not poll.
 * Fails by waiting: a paused holder keeps all others out until it goes on (`idle_session_timeout` would end its
 * session; not set here). It protects only those who ask for it, and a statement on another connection is not covered
 * when this one breaks: so everything goes through one client. PgBouncer in transaction mode gives each statement
 * another session: the lock is then taken in one and "released" in another.
 * Read next: pg-row.ts (the same on the row itself), atomic-update.ts.
 */
import { channel } from 'node:diagnostics_channel';
import type { Update } from '../contract.ts';

/** A whole database shares these numbers. Of the two, the first says whose lock it is, the second is the account. */
const NAMESPACE = 71_525;

/** Postgres' code for a lock that was not had within lock_timeout (lock_not_available). */
const LOCK_TIMEOUT = '55P03';

/** The write announces itself as account.write does, for whoever watches the steps of an update. */
const writing = channel('redis-lock.writing');

const update: Update = async (id, think, { operation, postgres, holding, settings }) => {
  const giveUpAt = performance.now() + settings.acquireTimeoutMs;
  // One client for everything. account.read() takes another connection of the pool, and those may all be held by
  // waiters for this very lock: then nobody gets on. A pool that is waited for too long (pg gives that error no code)
  // is part of the same queue.
  const client = await postgres.connect().catch((error: Error) => {
    if (error.message.includes('timeout')) return null;
    throw error;
  });
  if (client === null) return 'not-acquired';
  try {
    // What is left, and at least 1: 0 would mean no limit. It holds for the whole session, as the lock does. The caller's
    // signal does not cut the wait short: a query is cancelled by another connection only.
    const leftMs = Math.max(1, Math.ceil(giveUpAt - performance.now()));
    await client.query("SELECT set_config('lock_timeout', $1, false)", [`${leftMs}ms`]);
    await client.query('SELECT pg_advisory_lock($1, $2)', [NAMESPACE, id]);
    await holding(async () => {
      const { rows } = await client.query<{ balance: string }>('SELECT balance FROM account WHERE id = $1', [id]);
      if (rows[0] === undefined) throw new RangeError(`there is no account ${id}`);
      const changed = Number(rows[0].balance) + (await think());
      writing.publish({ operation, account: id });
      await client.query('UPDATE account SET balance = $2, writer = $3 WHERE id = $1', [id, changed, operation]);
    });
    return 'written';
  } catch (error) {
    if ((error as { code?: string }).code === LOCK_TIMEOUT) return 'not-acquired';
    throw error;
  } finally {
    // The connection goes back to the pool as it came, whatever of this was reached: with the lock it would keep the
    // account locked for its whole life, and its next user expects no lock_timeout (NULL: back to the default). Where
    // that cannot be done it is closed, and Postgres unlocks.
    await client.query("SELECT pg_advisory_unlock_all(), set_config('lock_timeout', NULL, false)").then(
      () => client.release(),
      () => client.release(true),
    );
  }
};

export default update;
