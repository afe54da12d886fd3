/** How many connections a process may have here: each is an open file. */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Files, sockets and pipes that a process has anyway, many times over. */
const OTHERS = 200;

/** The hard limit: Node raises its soft one to it when it starts. Infinity where there is none. */
export async function openFilesLimit(): Promise<number> {
  const { stdout } = await promisify(execFile)('sh', ['-c', 'ulimit -Hn']);
  const limit = Number(stdout.trim());
  return Number.isNaN(limit) ? Number.POSITIVE_INFINITY : limit;
}

/** Why a server cannot have so many connections; null if it can. */
export function whyTooMany(connections: number, limit: number): string | null {
  if (connections + OTHERS <= limit) return null;
  return (
    `${connections} connections are as many open files in one process, and ${limit} are allowed here: ` +
    `allow ${connections + OTHERS} or more (ulimit -Hn; limits.conf, LimitNOFILE, --ulimit nofile)`
  );
}
