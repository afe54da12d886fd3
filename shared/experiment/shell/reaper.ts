/**
 * The reaper: a small process that outlives the engine and clears up after it.
 *
 * An exit handler runs neither on SIGKILL nor on a crash of the runtime, and a stopped (SIGSTOP) child survives a
 * polite SIGTERM. A pipe is closed by the system whatever happened to its writer. So: the reaper reads the identities
 * of all started processes from a pipe, and when the pipe closes, it resumes and kills what is still there.
 * Invariant: within 2 s of the engine's end, however it ended, nothing that it started runs.
 * Read next: reaper-main.ts (the other process).
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { identify, type ProcessIdentity } from '@backend-labs/stack/process-identity';
import type { RunFolder } from './run-folder.ts';

export interface Reaper extends AsyncDisposable {
  /** Tells the reaper of a process just started; call it synchronously after the spawn. Null if it is gone already. */
  watch(pid: number, name: string): ProcessIdentity | null;
}

/** Starts the reaper of a run. Disposing it makes it kill whatever is left, and waits until it has. */
export function startReaper(folder: RunFolder): Reaper {
  // Detached: a Ctrl-C in the terminal goes to the whole foreground group, and the reaper must not die of it.
  const child = spawn(process.execPath, [fileURLToPath(new URL('./reaper-main.ts', import.meta.url))], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  const exited = once(child, 'exit');
  child.stdin.on('error', () => {});
  return {
    watch(pid, name) {
      const identity = identify(pid);
      if (identity === null) return null;
      // The pipe first: writing it down can fail for lack of space, and the process is there already.
      child.stdin.write(`${JSON.stringify(identity)}\n`);
      folder.register(identity, name);
      return identity;
    },
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}
