/** A start that is cut short: by Ctrl-C, by the death of the command, by `down`, by the keeper's own death. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isAlive, survivors, survivorsOfTheReaper, until } from '../run/lab-command.ts';
import { UP_LABS, UpLab } from './up-lab.ts';

const settings = { labs: UP_LABS };

/** An `up` of which one service answers and the other never will. */
async function starting(lab: UpLab) {
  const command = lab.start(['up', 'never-ready'], settings);
  await command.said('starting the services');
  await until(() => lab.started('never-ready').length === 2);
  const keeper = lab.keeper('never-ready');
  const processes = [...lab.started('never-ready'), { pid: keeper, name: 'keeper' }];
  expect(survivors(processes)).toEqual(['list', 'mute', 'keeper']);
  return { command, processes, keeper };
}

describe.concurrent('while it starts', () => {
  test('Ctrl-C, as a terminal sends it, ends all that was started: exit 130, no folder', async () => {
    await using lab = new UpLab();
    const { command, processes } = await starting(lab);
    command.signal('SIGINT', { group: true });
    const { code, stdout } = await command.ended;
    expect([code, stdout]).toEqual([130, '']);
    expect(survivors(processes)).toEqual([]);
    expect(lab.folders()).toEqual([]);
  });

  test('kill -9 of the command does the same', async () => {
    await using lab = new UpLab();
    const { command, processes } = await starting(lab);
    command.signal('SIGKILL');
    await until(() => survivors(processes).length === 0 && lab.folders().length === 0);
    // Its logs are kept when it gives up by itself. It did not: it was told at once.
    expect(existsSync(join(lab.state, 'logs'))).toBe(false);
    expect((await lab.run(['status'], settings)).stdout).toContain('Nothing is up');
  });

  test('status and logs know of it, down ends it, and the command says so', async () => {
    await using lab = new UpLab();
    const { command, processes } = await starting(lab);
    expect((await lab.run(['status'], settings)).stdout).toBe(
      'never-ready: experiment calm, variant patient, starting\n',
    );
    expect((await lab.run(['logs', 'never-ready', 'keeper'], settings)).stdout).toContain('starting the services');
    const down = await lab.run(['down'], settings);
    expect([down.code, down.stdout]).toEqual([0, 'never-ready was on its way up and is ended.\n']);
    expect(survivors(processes)).toEqual([]);
    const { code, stderr } = await command.ended;
    expect(code).toBe(130);
    expect(stderr).toContain('never-ready was ended while it started');
    expect(lab.folders()).toEqual([]);
  });

  test('kill -9 of the keeper is told by the command, and nothing is left', async () => {
    await using lab = new UpLab();
    const { command, processes, keeper } = await starting(lab);
    process.kill(keeper, 'SIGKILL');
    const { code, stderr } = await command.ended;
    expect(code).toBe(4);
    expect(stderr).toContain('ended from outside (SIGKILL)');
    expect(await survivorsOfTheReaper(processes)).toEqual([]);
    expect(lab.folders()).toEqual([]);
  });
});

test('a keeper that does not answer is killed by down, and what it kept goes with it', async () => {
  await using lab = new UpLab();
  const { keeperPid, entries } = await lab.up(['tally']);
  process.kill(keeperPid, 'SIGSTOP');
  const down = await lab.run(['down']);
  expect([down.code, down.stdout]).toEqual([0, expect.stringContaining('did not answer and was killed')]);
  expect(isAlive(keeperPid)).toBe(false);
  expect(survivors(entries as { pid: number; name: string }[])).toEqual([]);
  expect(lab.folders()).toEqual([]);
});
