/**
 * A database of its own on a Postgres.
 *
 * Not a schema: an extension, a replication slot or a session setting would be shared again. A replication slot keeps
 * its database from being dropped: who has made one drops it before.
 * Read next: redis.ts.
 */
import type { MakeFreshData } from './fresh-data.ts';

const CONNECT_LIMIT_MS = 2000;
const QUERY_LIMIT_MS = 30_000;

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

export const freshDatabase: MakeFreshData = async (url, name) => {
  await query(url, `CREATE DATABASE "${name}"`);
  const own = new URL(url);
  own.pathname = `/${name}`;
  return {
    url: own.href,
    [Symbol.asyncDispose]: () =>
      query(url, `DROP DATABASE IF EXISTS "${name}" WITH (FORCE)`).catch((error: Error) => {
        if (!isUnreachable(error)) throw error;
      }),
  };
};
