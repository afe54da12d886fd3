/** What a bench is given: a folder of its own, and the programs of the servers, fetched once for all tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

/** The folder is removed when it is disposed of. `say` hears each line of the bench's log. */
export async function contextOf(signal: AbortSignal, say: (line: string) => void = () => {}) {
  const folder = await mkdtemp(join(tmpdir(), 'outbox-bench-'));
  const stateFolder = resolve(import.meta.dirname, '../../../.lab');
  return {
    context: { quick: true, signal, log: say, folder, stateFolder },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
