import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ToolFolder } from '../tools/tool-folder.ts';

function toolFolder() {
  const stateFolder = mkdtempSync(join(tmpdir(), 'tools-'));
  return {
    tools: new ToolFolder({ stateFolder, log: () => {} }),
    entries: () => readdirSync(join(stateFolder, 'tools')),
    [Symbol.dispose]: () => rmSync(stateFolder, { recursive: true, force: true }),
  };
}

test('a tool is made once, and found from then on', async () => {
  using folder = toolFolder();
  let made = 0;
  const make = async (unfinished: string) => {
    made += 1;
    writeFileSync(join(unfinished, 'program'), 'whole');
  };
  const first = await folder.tools.provide('thing-1', make);
  expect(await folder.tools.provide('thing-1', make)).toBe(first);
  expect([made, readFileSync(join(first, 'program'), 'utf8')]).toEqual([1, 'whole']);
});

test('of one that could not be made nothing is left, and the next attempt makes it', async () => {
  using folder = toolFolder();
  const broken = folder.tools.provide('thing-1', async (unfinished) => {
    writeFileSync(join(unfinished, 'program'), 'ha');
    throw new Error('the download broke off');
  });
  await expect(broken).rejects.toThrow('the download broke off');
  expect(folder.entries()).toEqual([]);
  await folder.tools.provide('thing-1', async () => {});
  expect(folder.tools.has('thing-1')).toBe(true);
});

test('two runs at once make one, and both get it whole', async () => {
  using folder = toolFolder();
  const gate = Promise.withResolvers<void>();
  const make = (text: string) => async (unfinished: string) => {
    writeFileSync(join(unfinished, 'program'), text);
    await gate.promise;
  };
  const both = ['a', 'b'].map((text) => folder.tools.provide('thing-1', make(text)));
  gate.resolve();
  const [one, two] = await Promise.all(both);
  expect(one).toBe(two);
  expect(folder.entries()).toEqual(['thing-1']);
});

test('what a killed run has left is cleared, and what a living one makes is not', async () => {
  using folder = toolFolder();
  const { pid: ofTheDead } = spawnSync('true');
  const dead = `${folder.tools.path('thing-1')}.unfinished-${ofTheDead}-aaaaaaaa`;
  const living = `${folder.tools.path('thing-1')}.unfinished-${process.ppid}-bbbbbbbb`;
  for (const path of [dead, living]) mkdirSync(path, { recursive: true });
  await folder.tools.provide('thing-1', async () => {});
  expect([existsSync(dead), existsSync(living)]).toEqual([false, true]);
});
