/** What `up` starts, prints and refuses, and what `down` leaves: nothing. */
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, test } from 'vitest';
import { exampleOf } from '../../up/example.ts';
import { isAlive, survivors } from '../run/lab-command.ts';
import { notFetched, UP_LABS, UpLab } from './up-lab.ts';

const withoutRedis = (await notFetched(['redis'])).length > 0;

/** What a Redis answers to one command in a line. */
async function ask(url: string, command: string): Promise<string> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.end(`${command}\r\nQUIT\r\n`);
  return text(socket);
}

describe.concurrent('up', () => {
  test('prints where everything is, and it answers after the command has ended; a second one starts nothing', async () => {
    await using lab = new UpLab();
    const first = await lab.run(['up', 'tally']);
    expect(first.code).toBe(0);
    const [url] = /http:\/\/127\.0\.0\.1:\d+/.exec(first.stdout) ?? [];
    expect((await fetch(`${url}/health/ready`)).status).toBe(200);
    expect(first.stdout).toMatch(/^tally is up: experiment slow-spell, variant patient$/m);
    expect(first.stdout).toMatch(/^ {2}service {2}list {2}http/m);
    expect(first.stdout).toContain(`curl -i -X POST -H 'operation-id: 1' ${url}/add`);
    expect(first.stdout).toContain('./lab down tally');

    const processes = lab.started('tally');
    const second = await lab.run(['up', 'tally', '--variant', 'patient']);
    expect([second.code, second.stdout]).toEqual([0, first.stdout]);
    expect(second.stderr).toContain('was up already');
    expect(lab.started('tally')).toEqual(processes);
  });

  test('refuses another experiment or variant of what is up, and says what comes first', async () => {
    await using lab = new UpLab();
    const { entries } = await lab.up(['tally']);
    for (const other of [
      ['--variant', 'hasty'],
      ['--experiment', 'held'],
      ['--stack', 'external'],
    ]) {
      const { code, stdout, stderr } = await lab.run(['up', 'tally', ...other]);
      expect([code, stdout]).toEqual([2, '']);
      expect(stderr).toContain(other[1] as string);
      expect(stderr).toContain('./lab down tally first');
    }
    expect(entries.map(({ pid }) => isAlive(pid as number))).toEqual([true]);
  });

  test.each([
    [['up', 'taly'], 'Did you mean tally?'],
    [['up', 'tally', '--experiment', 'hold'], 'Did you mean held?'],
    [['up', 'tally', '--variant', 'patent'], 'Did you mean patient?'],
    [['up', 'tally', '--variant', './nowhere.ts'], 'There is no file'],
    [['up', 'tally', '--stack', 'nativ'], 'native, external'],
    [['up', 'tally', '--varian', 'hasty'], 'Did you mean --variant?'],
    [['down', 'taly'], 'Did you mean tally?'],
    [['logs', 'taly'], 'Did you mean tally?'],
    [['logs', 'tally'], 'is not up'],
    [['logs', 'tally', '--lines', 'many'], 'whole number'],
  ])('%j is a mistake that starts nothing', async (args, said) => {
    await using lab = new UpLab();
    const { code, stdout, stderr } = await lab.run(args);
    expect([code, stdout]).toEqual([2, '']);
    expect(stderr).toContain(said);
    expect(lab.folders()).toEqual([]);
  });

  test('takes the experiment and the variant that were asked for, and a file of the reader', async () => {
    await using lab = new UpLab();
    const { experiment, variant, entries } = await lab.up(['tally', '--experiment', 'wrong']);
    // The headline claim's variant, since this experiment knows it: as the control.
    expect([experiment, variant]).toEqual(['wrong', 'patient']);
    await lab.run(['down', 'tally']);
    expect(survivors(entries as { pid: number; name: string }[])).toEqual([]);
    const file = new URL('../labs/tally/src/variants/hasty.ts', import.meta.url).pathname;
    expect((await lab.up(['tally', '--variant', file])).variant).toBe(file);
  });

  test('of a lab whose service does not start says why, keeps the log and leaves nothing else', async () => {
    await using lab = new UpLab();
    const { code, stdout, stderr } = await lab.run(['up', 'dies-at-start']);
    expect([code, stdout]).toEqual([4, '']);
    expect(stderr).toContain('a language that nobody reads');
    const [, logFile] = /All of its output: (.*)/.exec(stderr) ?? [];
    expect(readFileSync(logFile as string, 'utf8')).toContain('opening the ledger');
    expect(lab.folders()).toEqual([]);
    expect((await lab.run(['status'])).stdout).toContain('Nothing is up');
  });

  test.each([
    ['for what was asked', 'ulimit -f 0'],
    ['for what is where', 'ulimit -f 1'],
  ])('where no file may grow any more %s, it says so in one line and leaves nothing', async (_, shell) => {
    await using lab = new UpLab();
    const command = lab.start(['up', 'tally'], { shell, environment: { NODE_DISABLE_COMPILE_CACHE: '1' } });
    const { code, stdout, stderr } = await command.ended;
    expect([code, stdout]).toEqual([4, '']);
    const said = stderr.split('\n').filter((line) => line.startsWith('lab: '));
    expect(said).toEqual([expect.stringContaining('no space')]);
    expect(lab.folders()).toEqual([]);
  });

  test('two labs at once, and a run beside them; down ends one, and then the other', async () => {
    await using lab = new UpLab();
    const [one, other] = await Promise.all([lab.up(['tally']), lab.up(['second'])]);
    const run = lab.run(['run', 'second', '--quick']);
    const down = await lab.run(['down', 'tally']);
    expect([down.code, down.stdout]).toEqual([0, 'tally is down: ended 1 service (list).\n']);
    expect(isAlive(one.keeperPid)).toBe(false);
    expect(survivors(one.entries as { pid: number; name: string }[])).toEqual([]);
    expect(existsSync(lab.folderOf('tally'))).toBe(false);
    expect((await fetch(`${other.entries[0]?.url}/health/ready`)).status).toBe(200);
    expect((await run).stdout).toContain('calm-turns-lose-nothing');

    const rest = await lab.run(['down']);
    expect(rest.stdout).toBe('second is down: ended 1 service (list).\n');
    expect(lab.folders()).toEqual([]);
    const nothing = await lab.run(['down']);
    expect([nothing.code, nothing.stdout]).toEqual([0, 'Nothing is up.\n']);
    expect((await lab.run(['down', 'tally'])).stdout).toBe('tally is not up.\n');
  });

  test('asked for twice at once starts one, and both say the same', async () => {
    await using lab = new UpLab();
    const [one, other] = await Promise.all([lab.up(['tally']), lab.up(['tally'])]);
    expect({ ...one, ended: null }).toEqual({ ...other, ended: null });
    expect(lab.started('tally')).toHaveLength(1);
    expect(lab.folders()).toEqual(['tally']);
  });

  test('clean leaves what is up and says so; with --all it refuses', async () => {
    await using lab = new UpLab();
    const { entries } = await lab.up(['tally']);
    const clean = await lab.run(['clean']);
    expect(clean.stdout).toContain('tally: it is up; ./lab down tally ends it');
    const all = await lab.run(['clean', '--all']);
    expect(all.code).toBe(2);
    expect(all.stderr).toContain('./lab down first');
    expect(existsSync(lab.folderOf('tally'))).toBe(true);
    expect((await fetch(`${entries[0]?.url}/health/ready`)).status).toBe(200);
  });

  test.skipIf(withoutRedis)('gives the server that the service uses, by its own url and by the proxy’s', async () => {
    await using lab = new UpLab();
    const { entries, dataName, example } = await lab.up(['one-redis'], { labs: UP_LABS });
    expect(entries.map(({ kind, name }) => `${kind} ${name}`)).toEqual([
      'service counter',
      'server redis-1',
      'proxy link',
    ]);
    const [service, server, proxy] = entries.map(({ url }) => url) as [string, string, string];
    expect(example).toBe(`curl -i -H 'operation-id: 1' '${service}/count?of=1'`);
    expect(await (await fetch(`${service}/count`)).text()).toBe(':1');
    for (const url of [server, proxy]) expect(await ask(url, `GET ${dataName}:count`)).toMatch(/^\$1\r\n1\r\n/);

    const status = await lab.run(['status'], { labs: UP_LABS });
    expect(status.stdout).toMatch(/^ {2}service {2}counter {2}answers {4}pid \d+ .*http/m);
    expect(status.stdout).toMatch(/^ {2}server {3}redis-1 {2}runs {7}pid \d+ {2,}\S+ MB {2}redis:/m);
    const down = await lab.run(['down'], { labs: UP_LABS });
    expect(down.stdout).toBe('one-redis is down: ended 1 service (counter) and 1 server (redis-1).\n');
    expect(survivors(entries.flatMap(({ pid, name }) => (pid === null ? [] : [{ pid, name }])))).toEqual([]);
  });

  test.skipIf(withoutRedis)(
    'on a server of somebody else’s leaves no data and the server, and hides its password',
    async () => {
      await using theirs = new UpLab();
      await using ours = new UpLab();
      const { entries } = await theirs.up(['one-redis'], { labs: UP_LABS });
      const url = entries.find(({ kind }) => kind === 'server')?.url as string;
      const withPassword = url.replace('redis://', 'redis://default:secret@');
      await ask(url, 'CONFIG SET requirepass secret');
      const settings = { labs: UP_LABS, environment: { BACKEND_LABS_REDIS_URLS: withPassword } };
      const up = await ours.up(['one-redis', '--stack', 'external'], settings);
      expect(up.entries.map(({ name, pid }) => [name, pid === null])).toEqual([
        ['counter', false],
        ['redis-1', true],
        ['link', true],
      ]);
      expect(up.ended.stdout).toContain('redis://default:***@');
      expect(up.ended.stdout + readFileSync(join(ours.folderOf('one-redis'), 'state.json'), 'utf8')).not.toContain(
        'secret',
      );
      const asked = (command: string) => ask(url, `AUTH secret\r\n${command} ${up.dataName}:poked`);
      await asked('INCR');
      expect(await asked('EXISTS')).toContain(':1');
      const status = await ours.run(['status'], settings);
      expect(status.stdout).toMatch(/^ {2}server {3}redis-1 {2}elsewhere/m);
      const down = await ours.run(['down'], settings);
      expect(down.stdout).toBe('one-redis is down: ended 1 service (counter).\n');
      expect(await asked('EXISTS')).toContain(':0');
    },
  );
});

test('the example quotes what a shell would take apart', () => {
  const operation = () => ({
    kind: 'http' as const,
    method: 'PUT',
    url: ['http://127.0.0.1:1/a/{id}?b=1&c=2', 'http://127.0.0.1:2/'],
    headers: { 'x-name': "it's" },
    body: '{"amount":1}',
  });
  expect(exampleOf(operation)).toBe(
    `curl -i -X PUT -H 'x-name: it'\\''s' -H 'operation-id: 1' -d '{"amount":1}' 'http://127.0.0.1:1/a/1?b=1&c=2'`,
  );
  expect(exampleOf(() => ({ kind: 'module', file: 'x.ts', target: null }))).toBeNull();
});
