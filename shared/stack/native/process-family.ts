/**
 * The processes of a server: the one that was started, its group, and all that descend from it.
 *
 * The group alone is not enough: each of Postgres' processes leads a session of its own. Descent alone is not either: a
 * process whose parent has ended belongs to somebody else. Linux reads /proc; elsewhere ps is asked.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { identify, type ProcessIdentity } from '../process-identity.ts';

interface Entry {
  pid: number;
  parent: number;
  group: number;
  residentBytes: number;
}

const PAGE_BYTES = 4096;

function allProcesses(): Entry[] {
  if (process.platform !== 'linux') return allByPs();
  return readdirSync('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      // The command's name in parentheses may hold anything: cut after the last one.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (fields[0] === 'Z') return [];
      const [, parent, group] = fields.map(Number);
      return [
        {
          pid: Number(name),
          parent: parent as number,
          group: group as number,
          residentBytes: Number(fields[21]) * PAGE_BYTES,
        },
      ];
    } catch {
      return []; // It ended just now.
    }
  });
}

function allByPs(): Entry[] {
  const said = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,pgid=,rss='], { encoding: 'utf8' });
  return said
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([pid = 0, parent = 0, group = 0, kibibytes = 0]) => ({
      pid,
      parent,
      group,
      residentBytes: kibibytes * 1024,
    }));
}

function entriesOf(leader: number): Entry[] {
  const all = allProcesses();
  const family = new Map(
    all.filter(({ pid, group }) => pid === leader || group === leader).map((one) => [one.pid, one]),
  );
  // A process is younger than its parent but its pid need not be higher: again until nothing is added.
  for (let before = -1; before !== family.size; ) {
    before = family.size;
    for (const one of all) if (family.has(one.parent)) family.set(one.pid, one);
  }
  return [...family.values()];
}

/** Who belongs to the server that this process leads, itself included; empty when it is gone with its group. */
export function familyOf(leader: number): ProcessIdentity[] {
  return entriesOf(leader).flatMap(({ pid }) => identify(pid) ?? []);
}

/** Resident memory of all of them. What they share (Postgres' buffers) counts once for each. */
export function residentBytes(leader: number): number {
  return entriesOf(leader).reduce((sum, one) => sum + one.residentBytes, 0);
}
