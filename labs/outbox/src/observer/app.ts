/**
 * The observer: looks at Postgres from outside of the subject, a few times a second, and tells what it sees.
 *
 * Invariant: what it reads is statistics and catalogues; it takes no lock that anybody waits for, and holds no snapshot
 * between two looks. Read next: ../../experiments/observed.ts (who reads it).
 */
import { channel } from 'node:diagnostics_channel';
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { createPool } from '../postgres.ts';

/** Announced at each look. Nobody listens unless a harness is there. */
const observed = channel('outbox.observed');

const LOOK_EVERY_MS = 100;

/** `keptBytes`: WAL that the slot of this database holds back; `walStatus`: null without a slot. */
const LOOK = `
SELECT (SELECT n_dead_tup::int FROM pg_stat_user_tables WHERE relname = 'outbox') AS "deadRows",
       (SELECT max(age(backend_xmin)) FROM pg_stat_activity WHERE pid <> pg_backend_pid()) AS "oldestXminAge",
       (SELECT (pg_current_wal_lsn() - restart_lsn)::float8 FROM pg_replication_slots
          WHERE database = current_database()) AS "keptBytes",
       (SELECT wal_status FROM pg_replication_slots WHERE database = current_database()) AS "walStatus"`;

export interface Observer {
  handle: RequestListener;
  close(): Promise<void>;
}

/** Connects and begins. A look that fails is left out: the server may be away. */
export async function createObserver({ postgresUrl }: { postgresUrl: string }): Promise<Observer> {
  const postgres = createPool({ url: postgresUrl, connections: 1 });
  const ended = new AbortController();
  async function look() {
    while (!ended.signal.aborted) {
      const seen = await postgres.query(LOOK).catch(() => null);
      if (seen !== null) observed.publish(seen.rows[0]);
      await delay(LOOK_EVERY_MS, undefined, { signal: ended.signal }).catch(() => {});
    }
  }
  const looking = look();
  return {
    handle: (_, response) => void response.writeHead(404).end(),
    async close() {
      ended.abort();
      await looking;
      await postgres.end();
    },
  };
}
