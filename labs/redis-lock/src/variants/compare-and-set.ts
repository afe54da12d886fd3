/**
 * Compare and set (optimistic): read the balance with its version, think, write only if the version is still the same;
 * else begin again.
 *
 * Promises that no update is lost under any pause or crash: the comparison and the write are one statement in the
 * database that owns the row. Nobody waits for a holder, and a dead one leaves nothing behind.
 * Fails under contention: of n at once one gets through, and the others have thought for nothing. Long thinking may
 * starve, where a lock would queue. Compare the version and not the balance, which can change and change back (ABA).
 * Read next: pg-row.ts (the pessimistic side of the same database), atomic-update.ts (where no thinking is lost).
 */
import type { Update } from '../contract.ts';

const update: Update = async (id, think, { operation, postgres, settings, signal }) => {
  const giveUpAt = performance.now() + settings.acquireTimeoutMs;
  // No wait between the tries: who lost has thought meanwhile, and somebody else's success was the reason.
  do {
    const read = await postgres.query<{ balance: string; version: string }>(
      'SELECT balance, version FROM account WHERE id = $1',
      [id],
    );
    const row = read.rows[0];
    if (row === undefined) throw new RangeError(`there is no account ${id}`);
    const changed = Number(row.balance) + (await think());
    // A trigger of the table counts the version up with each change of the balance, by whichever statement: a writer
    // that forgets `version = version + 1` would make this comparison worthless for all others.
    const { rowCount } = await postgres.query(
      'UPDATE account SET balance = $2, writer = $3 WHERE id = $1 AND version = $4',
      [id, changed, operation, row.version],
    );
    if (rowCount === 1) return 'written';
  } while (performance.now() < giveUpAt && !signal.aborted);
  return 'not-acquired';
};

export default update;
