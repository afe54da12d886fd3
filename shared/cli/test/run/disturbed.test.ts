/** A machine that stops in the middle of a run must never be taken for a finding. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { claimsOf, Lab, until } from './lab-command.ts';

const STOPPED_MS = 3000;

async function stopFor(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await delay(STOPPED_MS);
  process.kill(pid, 'SIGCONT');
}

describe.concurrent('stopped for 3 s in the middle of a run', () => {
  test('the generator: inconclusive, because it did not keep its schedule', async () => {
    await using lab = new Lab();
    const command = lab.start(['run', 'tally']);
    await command.said('slow injected');
    const load = lab.processes().find(({ name }) => name.startsWith('load of'));
    await stopFor(load?.pid as number);
    const { code } = await command.ended;
    const result = lab.result('tally', 'result.json');
    expect(claimsOf(result).map(({ verdict }) => verdict)).toEqual(['inconclusive', 'inconclusive']);
    const failed = result.experiments[0]?.variants[0]?.selfChecks.filter(({ ok }) => !ok).map(({ name }) => name);
    expect(failed).toContain('send lag (client-bound?)');
    expect(code).toBe(3);
  });

  test.each([
    ['at a time', 'slow-spell', 'slow'],
    ['at an event', 'held', 'pause'],
  ])('the engine, around a fault %s: inconclusive, because the fault was not on time', async (_, experiment, fault) => {
    await using lab = new Lab();
    const journal = join(lab.state, 'journal');
    const command = lab.start(['run', 'tally', '--experiment', experiment], {
      environment: { TALLY_JOURNAL: journal },
    });
    await until(() => existsSync(journal) && readFileSync(journal, 'utf8').includes('first request'));
    await stopFor(command.pid);
    const { code } = await command.ended;
    const result = lab.result('tally', 'result.json');
    expect(claimsOf(result)[0]?.verdict).toBe('inconclusive');
    const [stopped] = result.experiments[0]?.variants ?? [];
    const check = stopped?.selfChecks.find(({ name }) => name === 'faults took effect');
    // An injection that is still under way when the load is over is given up: that is an error rather than a lateness.
    const why = stopped?.error ?? (check?.ok ? 'as planned' : check?.measured);
    expect(why).toMatch(new RegExp(`${fault} .*( late|could not be injected)|never asked for`));
    expect(code).toBe(3);
  });
});
