/**
 * A database of its own on a Postgres.
 *
 * Not a schema: an extension, a replication slot or a session setting would be shared again. A replication slot keeps
 * its database from being dropped, and the server's WAL with it: those of this database go with it.
 * Read next: redis.ts.
 */
import type { MakeFreshData } from './fresh-data.ts';

const CONNECT_LIMIT_MS = 2000;
const QUERY_LIMIT_MS = 30_000;
/** A logical replication slot is in that database. */
const OBJECT_IN_USE = '55006';

async function query(url: string, text: string): Promise<void> {
  // Loaded here and not above: who only asks what there is (doctor) should not load every client.
  const { default: pg } = await import('pg');
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
    query_timeout: QUERY_LIMIT_MS,
  });
  // A server that ends meanwhile would else end this process.
  client.on('error', () => {});
  try {
    await client.connect();
    await client.query(text);
  } finally {
    await client.end().catch(() => {});
  }
}

/** Nobody answers there, or it is about to end or to start (57P…), or the connection broke. */
function isUnreachable(error: Error & { code?: string; severity?: string }): boolean {
  // Postgres itself says how severe it is; the system does not.
  if (error.severity !== undefined) return error.code?.startsWith('57P') ?? false;
  // The one error of the client's own after which the server may well be there.
  return error.message !== 'Query read timeout';
}

async function drop(url: string, ownUrl: string, name: string): Promise<void> {
  const dropDatabase = `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`;
  try {
    await query(url, dropDatabase);
  } catch (error) {
    if ((error as { code?: string }).code !== OBJECT_IN_USE) throw error;
    await query(
      url,
      `SELECT pg_terminate_backend(active_pid, ${QUERY_LIMIT_MS}) FROM pg_replication_slots
      WHERE database = '${name}' AND active_pid IS NOT NULL`,
    );
    // Of a logical slot only its own database can let go.
    await query(
      ownUrl,
      `SELECT pg_drop_replication_slot(slot_name) FROM pg_replication_slots WHERE database = '${name}'`,
    );
    await query(url, dropDatabase);
  }
}

export const freshDatabase: MakeFreshData = async (url, name) => {
  await query(url, `CREATE DATABASE "${name}"`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    async [Symbol.asyncDispose]() {
      try {
        await drop(url, own.href, name);
      } catch (error) {
        if (!isUnreachable(error as Error)) throw error;
      }
    },
  };
};
