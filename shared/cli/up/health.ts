/**
 * Whether what is up works now: services are asked, servers are looked at.
 *
 * A server's own question (a query, a ping) would need all clients of all servers for one line of status.
 */
import { isAlive } from '@backend-labs/experiment/engine';
import { residentBytes } from '@backend-labs/stack/process-family';
import { isStopped } from '@backend-labs/stack/process-identity';
import type { UpEntry } from './up-folder.ts';

const ANSWER_DEADLINE_MS = 1000;

/** `elsewhere`: a proxy inside the keeper, or a server of somebody else's. */
export type Condition = 'answers' | 'does not answer' | 'runs' | 'stopped' | 'gone' | 'elsewhere';

export interface EntryHealth {
  kind: UpEntry['kind'];
  name: string;
  url: string;
  pid: number | null;
  condition: Condition;
  /** Of the process and all that belong to it; null if it has none. */
  memoryBytes: number | null;
}

/** Asks all of them at once. */
export function healthOf(entries: readonly UpEntry[]): Promise<EntryHealth[]> {
  return Promise.all(
    entries.map(async (entry) => {
      const { kind, name, url, process } = entry;
      const condition = await conditionOf(entry);
      const isThere = process !== null && condition !== 'gone';
      return {
        kind,
        name,
        url,
        pid: process?.pid ?? null,
        condition,
        memoryBytes: isThere ? residentBytes(process.pid) : null,
      };
    }),
  );
}

async function conditionOf({ kind, url, process }: UpEntry): Promise<Condition> {
  if (process === null) return 'elsewhere';
  if (!isAlive(process)) return 'gone';
  if (isStopped(process.pid)) return 'stopped';
  if (kind !== 'service') return 'runs';
  try {
    const signal = AbortSignal.timeout(ANSWER_DEADLINE_MS);
    const response = await fetch(new URL('/health/ready', url), { signal });
    await response.arrayBuffer();
    return response.ok ? 'answers' : 'does not answer';
  } catch {
    return 'does not answer';
  }
}
