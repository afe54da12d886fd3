/** Real servers for one test: started as an experiment starts them, ended with the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Needs, type ServerKind, type Stack, startStack } from '../index.ts';

/** Fetched once for all tests, and for the labs as well. */
export const stateFolder = resolve(import.meta.dirname, '../../../.lab');

export interface StartedStack extends AsyncDisposable {
  stack: Stack;
  folder: string;
  /** The first server of a kind. */
  first(kind: ServerKind): ReturnType<Stack['server']>;
  /** Every process that was started. */
  pids: number[];
}

export async function started(needs: Needs): Promise<StartedStack> {
  const folder = await mkdtemp(join(tmpdir(), 'stack-'));
  const pids: number[] = [];
  await using cleanUp = new AsyncDisposableStack();
  cleanUp.defer(() => rm(folder, { recursive: true, force: true }));
  const stack = cleanUp.use(
    await startStack({
      needs,
      provider: 'native',
      folder,
      stateFolder,
      signal: new AbortController().signal,
      log: () => {},
      onSpawn: (pid) => pids.push(pid),
    }),
  );
  const owned = cleanUp.move();
  return {
    stack,
    folder,
    pids,
    first: (kind) => stack.server(`${kind}-1`),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
