/**
 * The observer: looks at Postgres from outside of the subject, a few times a second, and tells what it sees.
 *
 * Statistics, catalogues, and what a relay's poll has to walk over. Invariant: it takes no lock that anybody waits for,
 * and holds no snapshot between two looks. Read next: ../../experiments/observed.ts (who reads it).
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

/** The poll of a relay that marks rows; it ends at the first one that is not marked. */
const POLL = `
EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, SUMMARY OFF, FORMAT JSON)
SELECT position FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT 1`;

interface Explained {
  'QUERY PLAN': { Plan: { 'Shared Hit Blocks': number; 'Shared Read Blocks': number } }[];
}

/** How many pages it looks at, in memory or on disk. */
function pagesOf(explained: Explained | undefined): number | null {
  const plan = explained?.['QUERY PLAN'][0]?.Plan;
  return plan === undefined ? null : plan['Shared Hit Blocks'] + plan['Shared Read Blocks'];
}

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
      try {
        const { rows } = await postgres.query(LOOK);
        const poll = await postgres.query<Explained>(POLL);
        observed.publish({ ...rows[0], pollPages: pagesOf(poll.rows[0]) });
      } catch {
        // The server is away; the next look will tell.
      }
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
