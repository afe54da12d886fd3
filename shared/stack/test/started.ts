/** Real servers for one test: started as an experiment starts them, ended with the test. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { MissingServerError, type Needs, type ServerKind, type Stack, startStack, ToolFolder } from '../index.ts';
import { provideProgram } from '../native/provider.ts';
import { RECIPES } from '../native/recipes.ts';
import { identify, isAlive } from '../process-identity.ts';
import { watchUntilExit } from '../reaper/reaper.ts';

/** Fetched once for all tests, and for the labs as well. */
export const stateFolder = resolve(import.meta.dirname, '../../../.lab');

/**
 * Why servers of this kind cannot be had on this machine; null if they can. Fetches the program, so that no test's own
 * time is spent on it.
 */
export async function missing(kind: ServerKind): Promise<string | null> {
  const { signal } = new AbortController();
  try {
    await provideProgram(RECIPES[kind], new ToolFolder({ stateFolder, log: () => {} }), signal);
    return null;
  } catch (error) {
    if (error instanceof MissingServerError) return error.message;
    throw error;
  }
}

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
      onSpawn(pid) {
        pids.push(pid);
        watchUntilExit(pid);
      },
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

/** Whether a process runs. One that has ended and was not waited for yet does not. */
export function isRunning(pid: number): boolean {
  const who = identify(pid);
  return who !== null && isAlive(who);
}
