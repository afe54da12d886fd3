/**
 * Runs a measurement in a Node process of its own.
 *
 * Alone, because what is measured is one process in production, and this one has servers and other programs to look
 * after. One for each variant, because V8 compiles a function for all of its callers: in one process the variants would
 * slow each other down, and none would run as it does in a service, which has one.
 * Invariant: the process is gone when the promise settles.
 */
import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { basename } from 'node:path';
import { promisify } from 'node:util';

const execute = promisify(execFile);
const LIMIT_MS = 60_000;

/**
 * What a file, by its absolute path, printed as JSON. It gets `given` as JSON in its first argument, and Node gets
 * `nodeFlags`.
 *
 * Rejects with the signal's reason when that fires, with the end of its stderr when it fails or takes a minute.
 */
export async function measureInChild<T>(
  file: string,
  given: unknown,
  { signal, nodeFlags = [] }: { signal: AbortSignal; nodeFlags?: readonly string[] },
): Promise<T> {
  signal.throwIfAborted();
  const running = execute(
    process.execPath,
    [...nodeFlags, file, JSON.stringify(given)],
    // NODE_OPTIONS may hold a profiler or a heap limit, and would be measured as well.
    { signal, timeout: LIMIT_MS, killSignal: 'SIGKILL', env: { ...process.env, NODE_OPTIONS: '' } },
  );
  try {
    return JSON.parse((await running).stdout) as T;
  } catch (error) {
    const { child } = running;
    // An abort rejects when the process has been told to die, which is before it has died.
    if (child.pid !== undefined && child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL'); // the abort sent a SIGTERM
      await once(child, 'exit');
    }
    signal.throwIfAborted();
    const { killed, code, stderr = '' } = error as { killed?: boolean; code?: unknown; stderr?: string };
    const how = killed ? `took longer than ${LIMIT_MS / 1000} s` : `ended with exit code ${code}`;
    throw new Error(`The measurement ${basename(file)} ${how}:\n${stderr.trim().split('\n').slice(-8).join('\n')}`, {
      cause: error,
    });
  }
}
