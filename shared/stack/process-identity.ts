/**
 * Who a process is: its pid and when it started. A pid alone is reused by the system, and killing a stranger's
 * process because it got the number of ours would be unforgivable.
 *
 * Linux reads /proc (microseconds); macOS asks ps (milliseconds). Read next: native/process-family.ts.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

export interface ProcessIdentity {
  pid: number;
  /** Opaque; equal for the same process only. */
  startTime: string;
}

type Status = { startTime: string; stopped: boolean; zombie: boolean };

/** What /proc says of a process after its name: state, parent, group …; null if there is none. */
function fieldsOf(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The command name in parentheses may hold spaces and parentheses: cut after the last one.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function statusOf(pid: number): Status | null {
  if (process.platform === 'linux') {
    const fields = fieldsOf(pid);
    if (fields === null) return null;
    return { startTime: fields[19] ?? '', stopped: 'Tt'.includes(fields[0] ?? '-'), zombie: fields[0] === 'Z' };
  }
  try {
    const said = execFileSync('ps', ['-o', 'state=,lstart=', '-p', String(pid)], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
      // It writes a date: two who compare identities must read it in the same words and the same zone.
      env: { ...process.env, LC_ALL: 'C', TZ: 'UTC' },
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

/** Whether the process with that pid is stopped (SIGSTOP, or a debugger). False if there is none. */
export function isStopped(pid: number): boolean {
  return statusOf(pid)?.stopped ?? false;
}

/**
 * Sends a signal to the process's group, or to it alone if it leads none. Returns false if there is neither.
 *
 * Services lead a group of their own, so that what they start goes with them, also when the leader has died before:
 * the system does not give its number to another process while a group has it. Nothing is sent if a process with
 * that pid exists and is another one.
 */
export function signalGroup(identity: ProcessIdentity, signal: NodeJS.Signals | 0): boolean {
  const leader = statusOf(identity.pid);
  if (leader !== null && leader.startTime !== identity.startTime) return false;
  for (const target of leader === null ? [-identity.pid] : [-identity.pid, identity.pid]) {
    try {
      process.kill(target, signal);
      return true;
    } catch {
      // No such group: try the process itself.
    }
  }
  return false;
}

/** Whether the process or anything of its group still runs. Zombies do not. */
export function isGroupAlive(identity: ProcessIdentity): boolean {
  if (isAlive(identity)) return true;
  const leader = statusOf(identity.pid);
  // A number that was given to another process has no group of ours any more.
  if (leader !== null && leader.startTime !== identity.startTime) return false;
  try {
    process.kill(-identity.pid, 0);
  } catch {
    return false;
  }
  return hasMoreThanZombies(identity.pid);
}

/** In a container whose first process waits for nobody, zombies keep their group: a signal to it is always taken. */
function hasMoreThanZombies(group: number): boolean {
  if (process.platform !== 'linux') return true;
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    const fields = fieldsOf(Number(name));
    return fields !== null && fields[0] !== 'Z' && fields[2] === String(group);
  });
}
