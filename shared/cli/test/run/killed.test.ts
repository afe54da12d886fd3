/** kill -9 of the command line: the reaper clears up, and if even the reaper was killed, the next command does. */
import { execFileSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isStopped, Lab, survivors, survivorsOfTheReaper, until } from './lab-command.ts';

/** A run in its second variant, one of its processes stopped by a fault. */
async function inSecondVariant(lab: Lab) {
  const command = lab.start(['run', 'tally', '--experiment', 'long-spell']);
  await command.said('slow injected', 2);
  const processes = lab.processes();
  const paused = processes.find(({ pid }) => isStopped(pid));
  expect(paused?.name).toBe('bystander');
  return { command, processes, paused: paused as { pid: number; name: string } };
}

/** The reaper of a command; it is in no list, since it is what outlives everything in it. */
function reaperOf(parent: number): number {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const row = rows
    .map((line) => line.trim().split(/\s+/))
    .find(([, ppid, ...args]) => {
      return ppid === String(parent) && args.join(' ').includes('reaper/main');
    });
  return Number(row?.[0]);
}

describe.concurrent('kill -9 of the command line', () => {
  test('leaves no process after the reaper had its time, not even a stopped one, and the finished variant', async () => {
    await using lab = new Lab();
    const { command, processes } = await inSecondVariant(lab);
    command.signal('SIGKILL');
    await command.ended;
    expect(await survivorsOfTheReaper(processes)).toEqual([]);
    const unfinished = lab.result('tally', 'unfinished.json');
    expect(unfinished.experiments[0]?.variants.map(({ name }) => name)).toEqual(['hasty']);

    const abandoned = readdirSync(join(lab.state, 'runs'));
    const next = await lab.run(['run', 'dies-at-start']);
    expect(next.stderr).not.toContain('left processes behind');
    expect(readdirSync(join(lab.state, 'runs'))).not.toContain(abandoned[0]);
  });

  test('and of its reaper: the next command ends what was left, and says so', async () => {
    await using lab = new Lab();
    const { command, processes, paused } = await inSecondVariant(lab);
    process.kill(reaperOf(command.pid), 'SIGKILL');
    command.signal('SIGKILL');
    await command.ended;
    // The others notice by themselves that the engine is gone; a stopped one cannot.
    await until(() => survivors(processes).length === 1);
    expect(isStopped(paused.pid)).toBe(true);

    const next = await lab.run(['run', 'dies-at-start']);
    expect(next.stderr).toContain(`bystander (pid ${paused.pid})`);
    await until(() => survivors(processes).length === 0);
  });
});
