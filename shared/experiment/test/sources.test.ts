import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { measuredFiles, sourcesHash } from '../sources.ts';
import { type TemporaryFolder, temporaryFolder } from './temporary-folder.ts';

const FILES: Record<string, string> = {
  'labs/shop/lab.ts': 'export default 1;\n',
  'labs/shop/bench.ts': 'bench();\n',
  'labs/shop/quick.bench.ts': 'bench();\n',
  'labs/shop/bench/plan.ts': 'bench();\n',
  'labs/shop/experiments/outage.ts': 'export const claims = 1;\n',
  'labs/shop/src/app.ts': '/** Adds. */\nexport const add = (a: number, b: number) => a + b;\n',
  'labs/shop/test/app.test.ts': 'test();\n',
  'labs/shop/README.md': '# Shop\n',
  'labs/other/src/app.ts': 'other();\n',
  'shared/experiment/judge.ts': 'judge();\n',
  'shared/experiment/test/judge.test.ts': 'test();\n',
  'shared/experiment/node_modules/x/index.ts': 'x();\n',
  'shared/load/generator.ts': 'send();\n',
  'shared/load/bench/k6.ts': 'bench();\n',
  'shared/service/index.ts': 'serve();\n',
  'shared/report/terminal.ts': 'print();\n',
};

function workspace(): TemporaryFolder {
  const folder = temporaryFolder();
  for (const [file, text] of Object.entries(FILES)) folder.write(file, text);
  return folder;
}

const hashOf = ({ path }: TemporaryFolder) => sourcesHash(join(path, 'labs/shop'), path);

/** Whether the hash differs after a change. */
async function changes(change: (folder: TemporaryFolder) => void): Promise<boolean> {
  using folder = workspace();
  const before = await hashOf(folder);
  change(folder);
  return (await hashOf(folder)) !== before;
}

const writing = (file: string, text: string) => changes((folder) => folder.write(file, text));

describe('the hash of the sources', () => {
  it('is of lab.ts, the lab’s experiments and src and the shared code that measures, in a stable order', async () => {
    using folder = workspace();
    const files = await measuredFiles(join(folder.path, 'labs/shop'), folder.path);
    expect(files.map((file) => file.slice(folder.path.length + 1))).toEqual([
      'labs/shop/experiments/outage.ts',
      'labs/shop/lab.ts',
      'labs/shop/src/app.ts',
      'shared/experiment/judge.ts',
      'shared/load/generator.ts',
      'shared/service/index.ts',
    ]);
  });

  it('is the same wherever the workspace lies', async () => {
    using here = workspace();
    using there = workspace();
    expect(await hashOf(here)).toMatch(/^[0-9a-f]{16}$/);
    expect(await hashOf(there)).toBe(await hashOf(here));
  });

  it('changes with code of the lab and of what measures', async () => {
    expect(await writing('labs/shop/lab.ts', 'export default 2;\n')).toBe(true);
    expect(await writing('labs/shop/experiments/outage.ts', 'export const claims = 2;\n')).toBe(true);
    expect(await writing('labs/shop/src/app.ts', 'export const add = (a: number, b: number) => a - b;\n')).toBe(true);
    expect(await writing('shared/load/generator.ts', 'send(1);\n')).toBe(true);
  });

  it('changes when a file gets another name, comes or goes', async () => {
    const at = ({ path }: TemporaryFolder, file: string) => join(path, 'labs/shop/src', file);
    expect(await changes((folder) => renameSync(at(folder, 'app.ts'), at(folder, 'main.ts')))).toBe(true);
    expect(await changes((folder) => rmSync(at(folder, 'app.ts')))).toBe(true);
    expect(await writing('labs/shop/src/empty.ts', '')).toBe(true);
  });

  it('stays when only comments, blank lines or indentation change', async () => {
    const code = 'export const add = (a: number, b: number) => a + b;';
    for (const text of [
      `${code}\n`,
      `// Sums.\n\n/**\n * Better said.\n *\n * @see RFC 1\n */\n  ${code}\n\n`,
      `/* one line */\n${code}`,
    ]) {
      expect(await writing('labs/shop/src/app.ts', text), text).toBe(false);
    }
  });

  it('changes with code that stands behind a comment in its line', async () => {
    const line = (code: string) => `/** Adds. */ export const add = ${code};\n`;
    using folder = workspace();
    folder.write('labs/shop/src/app.ts', line('1'));
    const before = await hashOf(folder);
    folder.write('labs/shop/src/app.ts', line('2'));
    expect(await hashOf(folder)).not.toBe(before);
  });

  it('stays when tests, READMEs, reports or other labs change', async () => {
    for (const file of Object.keys(FILES).filter((name) => /test|README|report|other|bench|node_modules/.test(name))) {
      expect(await writing(file, 'different();\n'), file).toBe(false);
    }
  });

  it('is of what there is: a lab may have no src, and no experiments', async () => {
    expect(
      await changes(({ path }) => {
        rmSync(join(path, 'labs/shop/src'), { recursive: true });
        mkdirSync(join(path, 'labs/shop/src'));
      }),
    ).toBe(true);
    expect(await changes(({ path }) => rmSync(join(path, 'labs/shop/experiments'), { recursive: true }))).toBe(true);
  });
});
