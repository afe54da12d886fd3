import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { deadLinks, readDocuments } from '../project/links.ts';
import { parseMarkdown } from '../project/markdown-document.ts';
import { repositoryFiles } from '../project/tracked.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'links-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function dead(files: Record<string, string>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(path.dirname(path.join(folder, name)), { recursive: true });
    await writeFile(path.join(folder, name), text);
  }
  const all = await repositoryFiles(folder);
  const problems = await deadLinks(folder, all, await readDocuments(folder, all));
  return problems.map(({ file, line, message }) => `${file}:${line}: ${message}`);
}

describe('links inside the repository', () => {
  it('to files, folders, headings and lines that exist are fine', async () => {
    const text = [
      '# Top heading',
      '[a](docs/other.md) [b](docs/) [c](./docs/other.md#the-second-one) [d](#top-heading) ![e](docs/pic%20ture.svg)',
      '[f](/docs/other.md) [g](https://example.org/nope) [h](mailto:a@example.org) [i](docs/code.ts#L2)',
      '[j][ref] <a href="docs/other.md#named">k</a> [l](docs/other.md#dup-1) [m](docs/other.md?plain=1)',
      '',
      '[ref]: docs/other.md "title"',
    ].join('\n');
    const other = '# The *second* `one`!\n\n## Dup\n\n## Dup\n\n<a id="named"></a>\n[up](../README.md#top-heading)\n';
    // "The *second* `one`!" is named from its text.
    const files = {
      'docs/other.md': other.replace('The *second* `one`!', 'The second `one`'),
      'docs/pic ture.svg': '',
      'docs/code.ts': 'a\nb\n',
    };
    expect(await dead({ 'README.md': text, ...files })).toEqual([]);
  });

  it('to what does not exist are dead, each with its line', async () => {
    const text =
      '# A\n\n[x](docs/none.md)\n[y](#nothing)\n![z](none.svg)\n<img src="gone.svg">\n\n[r]: nowhere.md\n[s](../outside.md)\n';
    const problems = await dead({ 'README.md': text });
    expect(problems.map((problem) => problem.split(':')[1])).toEqual(['3', '4', '5', '6', '8', '9']);
    expect(problems[0]).toBe(
      'README.md:3: the link "docs/none.md" is dead: there is no docs/none.md in the repository',
    );
    expect(problems[1]).toContain('README.md has no heading #nothing');
  });

  it('to an anchor of another file, or to a line beyond a file’s end, are dead', async () => {
    const problems = await dead({ 'README.md': '[a](b.md#none) [b](c.ts#L9)\n', 'b.md': '# B\n', 'c.ts': 'one\n' });
    expect(problems).toEqual([
      'README.md:1: the link "b.md#none" is dead: b.md has no heading #none',
      'README.md:1: the link "c.ts#L9" is dead: c.ts has 1 lines',
    ]);
  });

  it('are case-sensitive, as they are on GitHub', async () => {
    expect(await dead({ 'README.md': '[a](Docs.md)\n', 'docs.md': '' })).toHaveLength(1);
  });

  it('in code are not links', async () => {
    expect(
      await dead({
        'README.md': '`[a](none.md)`\n\n```md\n[b](none.md)\n```\n\n<!-- [c](none.md) <a href="none.md"> -->\n',
      }),
    ).toEqual([]);
  });

  it('into ignored folders are dead for everyone else', async () => {
    const files = { 'README.md': '[a](.lab/result.json)\n', '.lab/result.json': '{}' };
    expect(await dead(files)).toHaveLength(1);
  });
});

describe('anchors', () => {
  it('are named as GitHub names them', () => {
    const { anchors } = parseMarkdown('# λ·T, and *why*?\n\n## `lab run` & more\n\nSetext\n======\n\n## A\n\n## A\n');
    expect([...anchors]).toEqual(['λt-and-why', 'lab-run--more', 'setext', 'a', 'a-1']);
  });
});
