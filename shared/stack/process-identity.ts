/**
 * Who a process is: its pid and when it started. A pid alone is reused by the system, and killing a stranger's
 * process because it got the number of ours would be unforgivable.
 *
 * Linux reads /proc (microseconds); macOS asks ps (milliseconds).
 */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  /** Opaque; equal for the same process only. */
  startTime: string;
}

type Status = { startTime: string; stopped: boolean; zombie: boolean };

function statusOf(pid: number): Status | null {
  try {
    if (process.platform === 'linux') {
      // The command name in parentheses may hold spaces and parentheses: cut after the last one.
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      return { startTime: fields[19] ?? '', stopped: 'Tt'.includes(fields[0] ?? '-'), zombie: fields[0] === 'Z' };
    }
    const said = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
    const state = said.slice(0, said.indexOf(' '));
    return {
      startTime: said.slice(state.length).trim(),
      stopped: state.startsWith('T'),
      zombie: state.startsWith('Z'),
    };
  } catch {
    return null;
  }
}

/** The identity of a running process; null if there is none with that pid. */
export function identify(pid: number): ProcessIdentity | null {
  const status = statusOf(pid);
  return status === null ? null : { pid, startTime: status.startTime };
}

/** Whether that very process still runs. A zombie, dead but not yet waited for, does not. */
export function isAlive(identity: ProcessIdentity): boolean {
  const status = statusOf(identity.pid);
  return status !== null && !status.zombie && status.startTime === identity.startTime;
}

export function isStopped(pid: number): boolean {
  return statusOf(pid)?.stopped ?? false;
}
