/**
 * The keeper: the process behind `./lab up LAB`. It owns the lab's servers and services until it is told to end.
 *
 *   claim the folder → start → say where everything is (state.json) → wait → end everything → remove the folder
 *
 * While it starts, it ends with the command that started it, however that ended: their channel closes. After that it
 * ends by SIGTERM. Invariant: it never leaves before what it started; if it is killed, its reaper clears up, and the
 * next up, status or down removes the folder. Read next: start-lab.ts, keeper-process.ts (the other end).
 */
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { basename, join } from 'node:path';
import { EXIT, identify, MissingError, type ProcessIdentity } from '@backend-labs/experiment/engine';
import { stateFolder } from '../folders.ts';
import { requireLab } from '../labs.ts';
import type { KeeperMessage } from './messages.ts';
import { orNoSpace } from './no-space.ts';
import { startLab } from './start-lab.ts';
import { claim, folderOf, release, type UpRequest, writeState } from './up-folder.ts';

/** Includes what is fetched on first use. */
const START_DEADLINE_MS = 15 * 60_000;

const ending = new AbortController();
const end = () => ending.abort(new Error('it was asked to end'));
for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) process.on(signal, end);
process.on('disconnect', end);
// Its log is worth less than what it keeps: on a full disk it goes on without.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {});

await keep(process.argv[2] as string);

async function keep(prepared: string): Promise<void> {
  const request = JSON.parse(readFileSync(join(prepared, 'request.json'), 'utf8')) as UpRequest;
  const keeper = identify(process.pid) as ProcessIdentity;
  if (!claim(prepared, request.lab, keeper)) {
    rmSync(prepared, { recursive: true, force: true });
    await leave({ type: 'taken' });
    return;
  }
  const folder = folderOf(request.lab);
  try {
    await keepUp(request, folder, keeper);
    release(request.lab);
    await leave({ type: 'ended' });
  } catch (error) {
    console.error(error);
    const kept = keepLogs(request.lab, folder);
    release(request.lab);
    await leave(failureOf(orNoSpace(error) as Error, folder, kept));
  }
}

/** Resolves when it was told to end and all of it has ended. Throws when it did not start; then nothing is left either. */
async function keepUp(request: UpRequest, folder: string, keeper: ProcessIdentity): Promise<void> {
  const { signal } = ending;
  const late = new MissingError(`${request.lab} was not up after ${START_DEADLINE_MS / 60_000} minutes.`);
  const deadline = setTimeout(() => ending.abort(late), START_DEADLINE_MS);
  const note = (line: string) => console.log(`${new Date().toISOString()} ${line}`);
  try {
    const lab = await requireLab(request.lab);
    await using started = await startLab({
      lab,
      request,
      folder,
      register: (identity, name) =>
        appendFileSync(join(folder, 'processes.jsonl'), `${JSON.stringify({ ...identity, name })}\n`),
      signal,
      log(line) {
        note(line);
        void tell({ type: 'progress', line });
      },
      note,
    });
    clearTimeout(deadline);
    signal.throwIfAborted();
    process.off('disconnect', end);
    writeState(folder, { ...request, since: new Date().toISOString(), keeper, ...started.found });
    note('all of it answers');
    await leave({ type: 'ready' });
    if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
    note('ending');
  } catch (error) {
    // What fails because it was asked to end fails in many words.
    if (!signal.aborted) throw error;
    if (signal.reason === late) throw late;
  } finally {
    clearTimeout(deadline);
  }
}

/** Resolves when it was said, or nobody listens any more. */
function tell(message: KeeperMessage): Promise<void> {
  return new Promise((resolve) => {
    if (process.connected) process.send?.(message, () => resolve());
    else resolve();
  });
}

/** The last thing that is said. An open channel would keep this process alive. */
async function leave(message: KeeperMessage): Promise<void> {
  await tell(message);
  process.off('disconnect', end);
  if (process.connected) process.disconnect?.();
}

/** The folder goes; its logs are why anybody would look. Null if they could not be kept. */
function keepLogs(lab: string, folder: string): string | null {
  const kept = join(stateFolder, 'logs', `up-${lab}`);
  const isLog = (path: string) => /^log$|\.log$/.test(basename(path));
  try {
    rmSync(kept, { recursive: true, force: true });
    mkdirSync(kept, { recursive: true });
    cpSync(folder, kept, {
      recursive: true,
      filter: (path) => (statSync(path).isDirectory() ? basename(path) !== 'data' : isLog(path)),
    });
    return kept;
  } catch {
    return null; // No space, most likely. The message has the last lines.
  }
}

function failureOf(error: Error, folder: string, kept: string | null): KeeperMessage {
  const message = kept === null ? error.message : error.message.replaceAll(folder, kept);
  return { type: 'failed', message, exitCode: exitCodeOf(error), stack: error.stack ?? error.message };
}

/** By name: loading the stack for two classes would load the clients of all servers. */
function exitCodeOf(error: Error & { exitCode?: unknown }): number | null {
  if (typeof error.exitCode === 'number') return error.exitCode;
  return ['ServerStartError', 'UnsupportedError'].includes(error.name) ? EXIT.missing : null;
}
