/**
 * No lock needed: the database adds. Think first, then one statement that reads and writes the row by itself.
 *
 * Promises that no update is lost under any pause, crash or failover of a lock, because there is none: the row is
 * locked by Postgres for the length of one statement, and what was thought does not depend on the balance.
 * Fails to apply where the new value depends on the old one in a way that SQL cannot say, or where a second system is
 * part of the work. And a client that retries after a lost answer adds twice: keep the operation's id with the row.
 * Read next: compare-and-set.ts, for work that has to see the balance.
 */
import type { Update } from '../contract.ts';

// `holding` is not used: nobody here ever thinks that it is alone.
const update: Update = async (id, think, { operation, postgres }) => {
  const amount = await think();
  await postgres.query('UPDATE account SET balance = balance + $2, writer = $3 WHERE id = $1', [id, amount, operation]);
  return 'written';
};

export default update;
