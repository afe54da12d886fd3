/**
 * Settings of the whole Postgres server, for one experiment.
 *
 * Invariant: the server is replaced before the next variant's run, so nobody else gets them.
 * Read next: relay-down.ts and notify-cost.ts (who asks for them).
 */
import type { PrepareContext } from '@backend-labs/experiment';

/** Sets them by ALTER SYSTEM; resolves when the server has read them. */
export async function setServer(
  context: Pick<PrepareContext<unknown>, 'server' | 'servers'>,
  settings: Readonly<Record<string, string | number>>,
): Promise<void> {
  // Taken hold of, so that it is replaced.
  context.server('postgres-1');
  // Loaded here, so that lab.ts can be listed without it.
  const { default: pg } = await import('pg');
  const client = new pg.Client(context.servers.urlOf('postgres-1'));
  await client.connect();
  try {
    for (const [name, value] of Object.entries(settings)) {
      await client.query(`ALTER SYSTEM SET ${name} = '${value}'`);
    }
    await client.query('SELECT pg_reload_conf()');
  } finally {
    await client.end();
  }
}
