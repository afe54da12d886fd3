/** Ctrl-C in the middle of a run: healed, saved, gone; twice: gone at once. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isStopped, Lab, type RunningCommand, survivors, survivorsOfTheReaper } from './lab-command.ts';

const INJECTED = 'slow injected';
const longRun = ['run', 'tally', '--experiment', 'long-spell'];

/** Starts a run with an earlier result in place, and waits until both faults of its second variant are in effect. */
async function inSecondVariant(lab: Lab, closes = 'at once') {
  const results = join(lab.state, 'results', 'tally');
  mkdirSync(results, { recursive: true });
  writeFileSync(join(results, 'result.json'), 'the last whole result');
  const journal = join(lab.state, 'journal');
  const command = lab.start(longRun, { environment: { TALLY_JOURNAL: journal, TALLY_CLOSES: closes } });
  await command.said(INJECTED, 2);
  const processes = lab.processes();
  expect(processes.filter(({ pid }) => isStopped(pid)).map(({ name }) => name)).toEqual(['bystander']);
  return { command, processes, results, journal };
}

/** What must be true however the run was interrupted, as long as it was once. */
function expectAllInOrder(lab: Lab, { processes, results, journal }: Awaited<ReturnType<typeof inSecondVariant>>) {
  expect(survivors(processes)).toEqual([]);
  // One pair for each variant; the service itself writes what it was told.
  const told = readFileSync(journal, 'utf8').split('\n');
  expect(told.filter((line) => line.startsWith('slow'))).toEqual(['slow 60', 'slow 0', 'slow 60', 'slow 0']);
  const unfinished = lab.result('tally', 'unfinished.json');
  expect(unfinished.interrupted).toBe(true);
  expect(unfinished.experiments[0]?.variants.map(({ name }) => name)).toEqual(['hasty']);
  expect(readFileSync(join(results, 'result.json'), 'utf8')).toBe('the last whole result');
}

describe.concurrent('Ctrl-C in the middle of the second variant', () => {
  test('as a terminal sends it, to the whole process group: heals, ends all, keeps the finished variant', async () => {
    await using lab = new Lab();
    const run = await inSecondVariant(lab);
    run.command.signal('SIGINT', { group: true });
    const { code, stderr } = await run.command.ended;
    expect(code).toBe(130);
    expect(stderr).toContain(join(run.results, 'unfinished.json'));
    expectAllInOrder(lab, run);
  });

  test('to the process alone: the same; twice: gone at once, and the reaper leaves nothing', async () => {
    await using onceLab = new Lab();
    await using twiceLab = new Lab();
    // Services that take all the time they are given to close.
    const [once, twice] = await Promise.all([inSecondVariant(onceLab, 'never'), inSecondVariant(twiceLab, 'never')]);
    const durations = await Promise.all([durationOfInterrupt(once.command, 1), durationOfInterrupt(twice.command, 2)]);
    const [onceMs, twiceMs] = durations;
    expect(twiceMs).toBeLessThan(onceMs / 2);
    expect(await survivorsOfTheReaper(twice.processes)).toEqual([]);
    expect(twiceLab.result('tally', 'unfinished.json').experiments[0]?.variants).toHaveLength(1);
    expectAllInOrder(onceLab, once);
  });
});

/** From the first Ctrl-C to the end. */
async function durationOfInterrupt(command: RunningCommand, times: number): Promise<number> {
  const startedMs = performance.now();
  command.signal('SIGINT');
  await command.said('Interrupted:');
  if (times === 2) command.signal('SIGINT');
  const { code } = await command.ended;
  expect(code).toBe(130);
  return performance.now() - startedMs;
}
