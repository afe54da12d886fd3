/** Real servers for one test file: started as an experiment starts them, from the programs that the labs use. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type Needs, type Stack, startStack } from '@backend-labs/stack';

/** Fetched once for all tests, and for the labs as well. */
export const stateFolder = resolve(import.meta.dirname, '../../.lab');

/** Starts what is needed in a folder that goes with it. Throws what `startStack` throws. */
export async function startServers(needs: Needs): Promise<Stack> {
  await using starting = new AsyncDisposableStack();
  const folder = await mkdtemp(join(tmpdir(), 'testbed-'));
  starting.defer(() => rm(folder, { recursive: true, force: true }));
  const { signal } = new AbortController();
  const stack = starting.use(
    await startStack({ needs, provider: 'native', folder, stateFolder, signal, log: () => {} }),
  );
  const owned = starting.move();
  return {
    get servers() {
      return stack.servers;
    },
    server: (name) => stack.server(name),
    renew: (name, options) => stack.renew(name, options),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
