/**
 * The reaper: a small process that outlives the one that started it and clears up after it.
 *
 * An exit handler runs neither on SIGKILL nor on a crash of the runtime, and a stopped (SIGSTOP) child survives a
 * polite SIGTERM. A pipe is closed by the system whatever happened to its writer. So: the reaper reads the identities
 * of all started processes from a pipe, and when the pipe closes, it resumes and kills what is still there.
 * Invariant: within 2 s of its starter's end, however that ended, nothing that the reaper was told of runs.
 * Read next: main.ts (the other process).
 */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { identify, type ProcessIdentity } from '../process-identity.ts';

export interface Reaper extends AsyncDisposable {
  /** Tells the reaper of a process just started; call it synchronously after the spawn. Null if it is gone already. */
  watch(pid: number): ProcessIdentity | null;
}

function spawnReaper(): ChildProcessByStdio<Writable, null, null> {
  // Detached: a Ctrl-C in the terminal goes to the whole foreground group, and the reaper must not die of it.
  const child = spawn(process.execPath, [fileURLToPath(new URL('./main.ts', import.meta.url))], {
    stdio: ['pipe', 'ignore', 'ignore'],
    detached: true,
  });
  child.stdin.on('error', () => {});
  return child;
}

function tell(child: ChildProcessByStdio<Writable, null, null>, pid: number): ProcessIdentity | null {
  const identity = identify(pid);
  if (identity !== null) child.stdin.write(`${JSON.stringify(identity)}\n`);
  return identity;
}

/** Starts a reaper. Disposing it makes it kill whatever is left, and waits until it has. */
export function startReaper(): Reaper {
  const child = spawnReaper();
  const exited = once(child, 'exit');
  return {
    watch: (pid) => tell(child, pid),
    async [Symbol.asyncDispose]() {
      child.stdin.end();
      await exited;
    },
  };
}

let ofThisProcess: ChildProcessByStdio<Writable, null, null> | undefined;

/** For whoever has no reaper of its own, a test or a bench: one that ends with this process and does not keep it. */
export function watchUntilExit(pid: number): void {
  if (ofThisProcess === undefined) {
    ofThisProcess = spawnReaper();
    ofThisProcess.unref();
    (ofThisProcess.stdin as Writable & { unref?: () => void }).unref?.();
  }
  tell(ofThisProcess, pid);
}
