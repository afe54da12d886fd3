/**
 * The reaper of a run: it is told of each process before anything else is done with it, and so is the run's folder.
 *
 * Two notes, because each covers what the other cannot: the reaper acts within two seconds of the engine's end, the
 * folder is read by the next command if the reaper was killed as well.
 * Read next: ../../stack/reaper/reaper.ts (how it works), run-folder.ts.
 */
import type { ProcessIdentity } from '@backend-labs/stack/process-identity';
import { startReaper as startProcessReaper } from '@backend-labs/stack/reaper';
import type { RunFolder } from './run-folder.ts';

export interface Reaper extends AsyncDisposable {
  /** Tells the reaper of a process just started; call it synchronously after the spawn. Null if it is gone already. */
  watch(pid: number, name: string): ProcessIdentity | null;
}

/** Starts the reaper of a run. Disposing it makes it kill whatever is left, and waits until it has. */
export function startReaper(folder: RunFolder): Reaper {
  const reaper = startProcessReaper();
  return {
    watch(pid, name) {
      // The pipe first: writing it down can fail for lack of space, and the process is there already.
      const identity = reaper.watch(pid);
      if (identity !== null) folder.register(identity, name);
      return identity;
    },
    [Symbol.asyncDispose]: () => reaper[Symbol.asyncDispose](),
  };
}
