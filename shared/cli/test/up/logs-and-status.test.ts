/** What `logs` and `status` show of what is up. */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isStopped, until } from '../run/lab-command.ts';
import { notFetched, UP_LABS, UpLab } from './up-lab.ts';

const withoutRedis = (await notFetched(['redis'])).length > 0;

test.skipIf(withoutRedis)('logs shows whose line is whose, one of them by name, and suggests a name', async () => {
  await using lab = new UpLab();
  const settings = { labs: UP_LABS };
  await lab.up(['one-redis'], settings);
  const all = await lab.run(['logs', 'one-redis'], settings);
  expect(all.stdout).toMatch(/^counter \| the counter is open$/m);
  expect(all.stdout).toMatch(/^redis-1 \| .*Ready to accept connections/m);
  const one = await lab.run(['logs', 'one-redis', 'counter', '--lines', '1'], settings);
  expect(one.stdout).toMatch(/^counter \| .*\n$/);
  const typo = await lab.run(['logs', 'one-redis', 'conter'], settings);
  expect([typo.code, typo.stdout]).toEqual([2, '']);
  expect(typo.stderr).toContain('Did you mean counter? There are: counter, redis-1, keeper.');
});

test('logs --follow goes on with whole lines until Ctrl-C, or until the lab is down', async () => {
  await using lab = new UpLab();
  await lab.up(['tally']);
  const file = join(lab.folderOf('tally'), 'list.log');
  appendFileSync(file, 'before\n');
  // To stderr, which can be watched while the command runs.
  const shell = 'exec 1>&2';
  const interrupted = lab.start(['logs', 'tally', 'list', '--lines', '1', '--follow'], { shell });
  const untilDown = lab.start(['logs', 'tally', '--follow'], { shell });
  await Promise.all([interrupted.said('before'), untilDown.said('before')]);
  appendFileSync(file, 'a first half');
  appendFileSync(file, ' and a second\nnot whole');
  await Promise.all([interrupted.said('second'), untilDown.said('second')]);
  interrupted.signal('SIGINT');
  expect(await interrupted.ended).toEqual({
    code: 130,
    stdout: '',
    stderr: 'list | before\nlist | a first half and a second\n',
  });
  await lab.run(['down', 'tally']);
  expect((await untilDown.ended).code).toBe(0);
});

test('status tells a service that was stopped and one that was killed from one that answers', async () => {
  await using lab = new UpLab();
  const { entries, keeperPid } = await lab.up(['tally', '--experiment', 'long-spell']);
  const pidOf = (name: string) => entries.find((entry) => entry.name === name)?.pid as number;
  const conditions = async () => {
    const { stdout } = await lab.run(['status', '--json']);
    const [tally] = JSON.parse(stdout) as { entries: { name: string; condition: string }[] }[];
    return Object.fromEntries(tally?.entries.map(({ name, condition }) => [name, condition]) ?? []);
  };
  expect(await conditions()).toEqual({ bystander: 'answers', list: 'answers' });
  process.kill(pidOf('bystander'), 'SIGSTOP');
  process.kill(pidOf('list'), 'SIGKILL');
  await until(() => isStopped(pidOf('bystander')));
  expect(await conditions()).toEqual({ bystander: 'stopped', list: 'gone' });

  const again = await lab.run(['up', 'tally']);
  expect([again.code, again.stderr]).toEqual([0, expect.stringContaining('list is gone: ./lab logs tally list')]);
  const log = await lab.run(['logs', 'tally', 'keeper']);
  expect(log.stdout).toContain('the service list ended (SIGKILL)');
  const down = await lab.run(['down']);
  expect(down.stdout).toContain('tally is down');
  expect(isStopped(pidOf('bystander'))).toBe(false);
  expect(keeperPid).toBeGreaterThan(0);
});
