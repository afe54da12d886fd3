/** What a bench is given: a folder of its own, and the programs of the servers, fetched once for all tests. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { openStand } from '../bench/stand.ts';

/** The folder is removed when it is disposed of. `say` hears each line of the bench's log. */
export async function contextOf(signal: AbortSignal, say: (line: string) => void = () => {}) {
  const folder = await mkdtemp(join(tmpdir(), 'outbox-bench-'));
  const stateFolder = resolve(import.meta.dirname, '../../../.lab');
  return {
    context: { quick: true, signal, log: say, folder, stateFolder },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

/** The servers of a bench, in such a folder. */
export async function openStandOfItsOwn() {
  await using opening = new AsyncDisposableStack();
  const { context } = opening.use(await contextOf(new AbortController().signal));
  const stand = opening.use(await openStand(context));
  return { stand, owned: opening.move() };
}
