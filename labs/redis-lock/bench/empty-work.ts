/**
 * A context whose work is empty, so that what is left of an update is its lock.
 *
 * `account.read` and `account.write` answer at once. Variants that speak to Postgres themselves get a client that
 * answers the same two statements at once, by their text, and passes on all others: BEGIN, advisory locks, FOR UPDATE,
 * the claim of a fence.
 * Invariant: nothing that makes the lock is left out, and the database's balances do not change.
 */
import type { Pool, PoolClient } from 'pg';
import type { UpdateContext } from '../src/contract.ts';

const READ = 'SELECT balance FROM account WHERE id = $1';
const WRITE = 'UPDATE account SET balance =';
const ANSWER = { rows: [{ balance: '0' }], rowCount: 1 };

const isWork = (statement: unknown) =>
  typeof statement === 'string' && (statement === READ || statement.startsWith(WRITE));

/** The same context around no work. */
export function withoutWork(context: UpdateContext): UpdateContext {
  return {
    ...context,
    account: { read: async () => 0, write: async () => {} },
    postgres: poolWithoutWork(context.postgres),
  };
}

type Query = (statement: string, values?: unknown[]) => Promise<unknown>;

function queryWithoutWork(of: Pool | PoolClient): Query {
  const query = of.query.bind(of) as Query;
  return async (statement, values) => (isWork(statement) ? ANSWER : query(statement, values));
}

/** Only what the variants use: `query` and `connect`. */
function poolWithoutWork(pool: Pool): Pool {
  const connect = async () => {
    const client = await pool.connect();
    return { query: queryWithoutWork(client), release: client.release.bind(client) };
  };
  return { query: queryWithoutWork(pool), connect } as unknown as Pool;
}
