/**
 * kill -9 of the process that owns five servers: within the 2 s that the product promises nothing of them runs, not even
 * a server that was stopped. The next command notices the dead keeper and says so.
 */
import { execFileSync } from 'node:child_process';
import { familyOf } from '@backend-labs/stack/process-family';
import { isStopped as isStoppedPid } from '@backend-labs/stack/process-identity';
import { expect, test } from 'vitest';
import { isAlive, survivorsOfTheReaper, until } from '../run/lab-command.ts';
import { notFetched, UP_LABS, UpLab } from './up-lab.ts';

const missing = await notFetched();

/** Every kind that is here without a download, and Redis up to five servers. */
function needs(): Record<string, number> {
  const has = (kind: string) => (missing.some((one) => one === kind) ? 0 : 1);
  const others = { postgres: has('postgres'), rabbitmq: has('rabbitmq'), kafka: has('kafka'), nginx: has('nginx') };
  const count = Object.values(others).reduce((sum, one) => sum + one, 0);
  return { ...others, redis: 5 - count };
}

/** The processes of all that is up, those that the servers have started too. */
function familiesOf(entries: readonly { name: string; pid: number | null }[]) {
  return entries.flatMap(({ name, pid }) =>
    pid === null ? [] : familyOf(pid).map((member) => ({ pid: member.pid, name })),
  );
}

function reaperOf(parent: number): number {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,args='], { encoding: 'utf8' }).split('\n');
  const row = rows
    .map((line) => line.trim().split(/\s+/))
    .find(([, ppid, ...args]) => ppid === String(parent) && args.join(' ').includes('reaper/main'));
  return Number(row?.[0]);
}

test.skipIf(missing.includes('redis'))(
  'kill -9 of the owner of five servers, Postgres stopped: nothing is left after 2 s, and status says so',
  async () => {
    await using lab = new UpLab();
    const settings = { labs: UP_LABS, environment: { FIVE_SERVERS: JSON.stringify(needs()) } };
    const { entries, keeperPid } = await lab.up(['five-servers'], settings);
    expect(entries.filter(({ kind }) => kind === 'server')).toHaveLength(5);
    const stopped = entries.find(({ name }) => name === 'postgres-1') ?? entries.find(({ kind }) => kind === 'server');
    const toStop = familyOf(stopped?.pid as number).map(({ pid }) => pid);
    for (const pid of toStop) process.kill(pid, 'SIGSTOP');
    await until(() => toStop.every(isStoppedPid));
    const processes = familiesOf(entries);
    expect(processes.length).toBeGreaterThanOrEqual(6);

    process.kill(keeperPid, 'SIGKILL');
    expect(await survivorsOfTheReaper(processes)).toEqual([]);

    const status = await lab.run(['status'], settings);
    expect(status.stderr).toContain(`five-servers was up, but its keeper (process ${keeperPid}) is gone`);
    expect(status.stdout).toContain('Nothing is up');
    expect(lab.folders()).toEqual([]);
  },
);

test('kill -9 of the keeper and of its reaper: the next down ends what is left, and says what that was', async () => {
  await using lab = new UpLab();
  const { entries, keeperPid } = await lab.up(['tally']);
  const service = entries[0]?.pid as number;
  // Stopped, so that it does not see its keeper go.
  process.kill(service, 'SIGSTOP');
  await until(() => isStoppedPid(service));
  for (const pid of [reaperOf(keeperPid), keeperPid]) process.kill(pid, 'SIGKILL');
  const { code, stdout } = await lab.run(['down', 'tally']);
  expect(code).toBe(0);
  expect(stdout).toContain(`tally was up, but its keeper (process ${keeperPid}) is gone`);
  expect(stdout).toContain(`Ended list (process ${service}), which it had left.`);
  await until(() => !isAlive(service));
  expect(lab.folders()).toEqual([]);
});
