/** A workspace in a temporary folder: one lab with a reference result, and READMEs with markers. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Result } from '@backend-labs/experiment/result';
import { serialiseResult } from '../serialise.ts';
import { madeUpResult } from './made-up-result.ts';

export interface MadeUpWorkspace extends AsyncDisposable {
  folder: string;
  write(file: string, text: string): Promise<void>;
  read(file: string): Promise<string>;
  edit(file: string, change: (text: string) => string): Promise<void>;
}

export const section = (name: string) => `<!-- generated:${name} -->\n<!-- /generated -->\n`;

/** The lab `demo`, with `reference` as its reference result unless that is null. */
export async function madeUpWorkspace(reference: Result | null = madeUpResult()): Promise<MadeUpWorkspace> {
  const folder = await mkdtemp(path.join(tmpdir(), 'workspace-'));
  const workspace: MadeUpWorkspace = {
    folder,
    async write(file, text) {
      await mkdir(path.dirname(path.join(folder, file)), { recursive: true });
      await writeFile(path.join(folder, file), text);
    },
    read: (file) => readFile(path.join(folder, file), 'utf8'),
    async edit(file, change) {
      await workspace.write(file, change(await workspace.read(file)));
    },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
  await workspace.write('README.md', `# Labs\n\n${section('labs')}`);
  await workspace.write('labs/demo/lab.ts', LAB);
  await workspace.write(
    'labs/demo/README.md',
    `# Demo\n\n${section('result')}\n## Bounded\n\n${section('claim bounded')}`,
  );
  if (reference !== null) await workspace.write('labs/demo/results/reference.json', serialiseResult(reference));
  return workspace;
}

// Enough for its names to be read; nothing runs it.
const LAB = `export default {
  name: 'demo',
  variants: { none: {}, timeout: {} },
  experiments: { hang: { claims: [{ id: 'bounded' }, { id: 'never-double' }] } },
};
`;
