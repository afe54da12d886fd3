import {
  chmodSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { identify, UsageError } from '@backend-labs/experiment/engine';
import { expect, test } from 'vitest';
import { bytesOf, diskParts, formatBytes } from '../disk-use.ts';
import { runsOnDisk } from '../run-leftovers.ts';
import { clean } from '../verbs/clean.ts';

/** A clone with some of everything in it, and a folder beside it that nothing may touch. */
function makeClone() {
  const folder = mkdtempSync(join(tmpdir(), 'clean-'));
  const home = join(folder, 'clone');
  const state = join(home, '.lab');
  const write = (path: string, text = 'x'.repeat(10_000)) => {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  };
  for (const path of [
    'node/whole',
    'runs/1/kept',
    'runs/1/log',
    'tmp/a',
    'setup.1/a',
    'logs/a',
    'results/x/result.json',
  ]) {
    write(`clone/.lab/${path}`);
  }
  for (const path of ['node_modules/a/index.js', 'shared/one/node_modules/b/index.js', 'labs/x/lab.ts', 'README.md']) {
    write(`clone/${path}`);
  }
  write('outside/precious');
  symlinkSync(join(folder, 'outside'), join(state, 'tmp', 'link'));
  symlinkSync(join(folder, 'outside'), join(home, 'node_modules', 'link'));
  symlinkSync(join(folder, 'outside'), join(home, 'labs/x/node_modules'));
  return { folder, home, state, write, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

test('without --all, only what runs left behind goes', () => {
  using clone = makeClone();
  const said = [...clean(false, clone.state, clone.home)].join('\n');
  expect(readdirSync(clone.state).sort()).toEqual(['node', 'results']);
  expect(existsSync(join(clone.home, 'node_modules/a/index.js'))).toBe(true);
  for (const part of ['.lab/runs', '.lab/tmp', '.lab/setup.1', '.lab/logs'])
    expect(said).toContain(`removed ${part} (`);
  expect(said).toMatch(/Removed \S+ kB in all\.$/);
  expect([...clean(false, clone.state, clone.home)]).toEqual(['Nothing to remove.']);
});

test('with --all, everything that can be made again goes, and nothing else', () => {
  using clone = makeClone();
  const said = [...clean(true, clone.state, clone.home)].join('\n');
  expect(readdirSync(clone.home).sort()).toEqual(['.lab', 'README.md', 'labs', 'shared']);
  expect(readdirSync(clone.state)).toEqual([]);
  expect(readdirSync(join(clone.home, 'labs/x'))).toEqual(['lab.ts']);
  expect(readdirSync(join(clone.home, 'shared/one'))).toEqual([]);
  expect(existsSync(join(clone.folder, 'outside/precious'))).toBe(true);
  expect(said).toContain('removed node_modules (');
});

test('folders that were made read-only go too', () => {
  using clone = makeClone();
  chmodSync(join(clone.state, 'tmp'), 0o555);
  expect([...clean(false, clone.state, clone.home)].at(-1)).toMatch(/^Removed/);
  expect(existsSync(join(clone.state, 'tmp'))).toBe(false);
});

test('refuses while a run or a set-up goes on, and removes nothing', () => {
  using clone = makeClone();
  // This very process stands for the one that is still busy.
  clone.write('clone/.lab/runs/2/engine.json', JSON.stringify(identify(process.pid)));
  const attempt = () => [...clean(true, clone.state, clone.home)];
  expect(attempt).toThrow(UsageError);
  expect(attempt).toThrow(`a run is going on (process ${process.pid}, .lab/runs/2)`);
  rmSync(join(clone.state, 'runs/2'), { recursive: true });
  clone.write('clone/.lab/lock/owner', `${process.pid} 123\n`);
  expect(attempt).toThrow(/another \.\/lab \(process \d+\) is setting up/);
  expect(existsSync(join(clone.state, 'tmp/a'))).toBe(true);
});

test('a process that got the number of a run’s dead one does not stand in the way', () => {
  using clone = makeClone();
  // This very process has the pid, and did not start when the run's did.
  clone.write('clone/.lab/runs/2/engine.json', JSON.stringify({ pid: process.pid, startTime: 'earlier' }));
  expect(runsOnDisk(join(clone.state, 'runs')).map(({ state }) => state)).toEqual(['kept', 'abandoned']);
  [...clean(false, clone.state, clone.home)];
  expect(existsSync(join(clone.state, 'runs'))).toBe(false);
});

test('a run whose process is gone does not stand in the way', () => {
  using clone = makeClone();
  clone.write('clone/.lab/runs/2/engine.json', JSON.stringify({ pid: 2 ** 22 + 1, startTime: 'any' }));
  clone.write('clone/.lab/runs/3/engine.json', '{"pid":');
  [...clean(false, clone.state, clone.home)];
  expect(existsSync(join(clone.state, 'runs'))).toBe(false);
});

test('a file with two names counts once, a link as itself, what is gone as nothing', () => {
  using clone = makeClone();
  const before = bytesOf(join(clone.state, 'node'));
  linkSync(join(clone.state, 'node/whole'), join(clone.state, 'node/second'));
  expect(bytesOf(join(clone.state, 'node'))).toBe(before);
  expect(bytesOf(join(clone.state, 'tmp/link'))).toBeLessThan(bytesOf(join(clone.folder, 'outside')));
  expect(bytesOf(join(clone.state, 'nowhere'))).toBe(0);
  expect(diskParts(clone.state, clone.home).map(({ name }) => name)).toEqual([
    '.lab/logs',
    '.lab/node',
    '.lab/results',
    '.lab/runs',
    '.lab/setup.1',
    '.lab/tmp',
    'node_modules',
  ]);
});

test('bytes are shown with the unit that fits', () => {
  expect([0, 999, 1_000, 12_345, 1_234_567, 5_000_000_000_000].map(formatBytes)).toEqual([
    '0 B',
    '999 B',
    '1.0 kB',
    '12 kB',
    '1.2 MB',
    '5000 GB',
  ]);
});
