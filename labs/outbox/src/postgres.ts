/**
 * The connections to Postgres, and a transaction on one of them.
 *
 * Read next: schema.ts (the tables), kafka.ts (the other side).
 */
import pg from 'pg';

const CONNECT_LIMIT_MS = 2000;

/** Who waits for a connection or a server that is away gets an error after a while, never a wait without an end. */
export function createPool({ url, connections }: { url: string; connections: number }): pg.Pool {
  const pool = new pg.Pool({ connectionString: url, max: connections, connectionTimeoutMillis: CONNECT_LIMIT_MS });
  pool.on('error', () => {});
  // The pool listens to its idle connections only. One that is lent out and cut by the server would else end the
  // process, though its borrower gets the error from its own query.
  pool.on('connect', (client) => client.on('error', () => {}));
  return pool;
}

/** BEGIN, the work, COMMIT. If anything throws the connection is closed, and so rolled back, and the error is thrown. */
export async function transaction<T>(pool: pg.Pool, work: (client: pg.PoolClient) => Promise<T>): Promise<T> {
  const client = await pool.connect();
  let failure: Error | undefined;
  try {
    await client.query('BEGIN');
    const result = await work(client);
    await client.query('COMMIT');
    return result;
  } catch (error) {
    failure = error as Error;
    throw error;
  } finally {
    client.release(failure);
  }
}
