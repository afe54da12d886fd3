/** What `run` runs without a choice, in both profiles. */
import { cpSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseResult } from '@backend-labs/experiment/result';
import { expect, test } from 'vitest';
import { FIXTURE_LABS, Folder, Lab, PACKAGES } from './lab-command.ts';

/** The fixture lab, of which a quick run is about another experiment than a whole one. */
function choosyLabs(): Folder {
  const folder = new Folder();
  symlinkSync(PACKAGES, join(folder.path, 'node_modules'));
  cpSync(join(FIXTURE_LABS, 'tally'), join(folder.path, 'tally'), { recursive: true });
  const file = join(folder.path, 'tally', 'lab.ts');
  const chosen = "runByDefault: ['slow-spell'],\n  runByQuick: ['vain', 'wrong'],";
  writeFileSync(file, readFileSync(file, 'utf8').replace("runByDefault: ['slow-spell'],", chosen));
  return folder;
}

test('run takes runByDefault, run --quick takes runByQuick, and a choice goes before both', async () => {
  using labs = choosyLabs();
  const experimentsOf = async (...args: string[]) => {
    await using lab = new Lab();
    const { stdout } = await lab.run(['run', 'tally', '--json', ...args], { labs: labs.path });
    const { profile, experiments } = parseResult(stdout, 'stdout');
    return [profile, ...experiments.map(({ name }) => name)];
  };
  expect(await Promise.all([experimentsOf(), experimentsOf('--quick')])).toEqual([
    ['default', 'slow-spell'],
    ['quick', 'vain', 'wrong'],
  ]);
  expect(await experimentsOf('--quick', '--experiment', 'held')).toEqual(['quick', 'held']);
});
