/**
 * Starts a keeper and waits until what it keeps is up, or is not going to be.
 *
 * Invariant: if this throws or was interrupted, nothing of it is left. Read next: keeper.ts.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type ExitCode, MissingError } from '@backend-labs/experiment/engine';
import { workspaceFolder } from '../folders.ts';
import { clearDead } from './dead-keepers.ts';
import type { KeeperMessage } from './messages.ts';
import { folderOf, prepareFolder, type UpRequest } from './up-folder.ts';

const KEEPER_LOG = 'keeper.log';

/** Ending takes as long as services take to close, one after the other. */
const END_DEADLINE_MS = 20_000;

/** What kept a lab from being up, as its keeper said it. */
class KeeperError extends Error {
  override readonly name = 'KeeperError';
  readonly exitCode: ExitCode;
  constructor(message: string, exitCode: ExitCode) {
    super(message);
    this.exitCode = exitCode;
  }
}

interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
}

/**
 * `up`: all of it answers. `taken`: somebody else was faster. `ended`: the signal, or a `down`, ended it on its way.
 * Throws KeeperError, MissingError, and an Error with the keeper's stack for a defect.
 */
export async function startKeeper(
  request: UpRequest,
  { signal, onProgress }: { signal: AbortSignal; onProgress: (line: string) => void },
): Promise<'up' | 'taken' | 'ended'> {
  const prepared = prepareFolder(request);
  try {
    const child = spawnKeeper(prepared);
    const ended = new Promise<End>((resolve) => {
      child.once('error', () => resolve({ code: null, signal: null }));
      child.once('exit', (code, killed) => resolve({ code, signal: killed }));
    });
    const last = lastMessage(child, onProgress);
    const interrupt = () => void endChild(child, ended);
    if (signal.aborted) interrupt();
    else signal.addEventListener('abort', interrupt, { once: true });
    const message = await Promise.race([last, ended.then(() => null)]);
    signal.removeEventListener('abort', interrupt);
    if (message?.type === 'ready' && !signal.aborted) {
      child.unref();
      return 'up';
    }
    // It says its last word before it goes. Interrupted, it may have been up for a moment.
    void killIfStuck(child, ended);
    const end = await ended;
    const logFiles = [prepared, folderOf(request.lab)].map((folder) => join(folder, KEEPER_LOG));
    return await outcomeOf(message, { end, logFiles, signal });
  } finally {
    // Renamed, unless the keeper did not get to it.
    rmSync(prepared, { recursive: true, force: true });
  }
}

function spawnKeeper(prepared: string): ChildProcess {
  const log = openSync(join(prepared, KEEPER_LOG), 'a');
  const file = fileURLToPath(new URL('./keeper.ts', import.meta.url));
  const child = spawn(process.execPath, [file, prepared], {
    // A session of its own: it outlives this command and its terminal, and no Ctrl-C reaches it.
    detached: true,
    cwd: workspaceFolder,
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  return child;
}

function lastMessage(child: ChildProcess, onProgress: (line: string) => void): Promise<KeeperMessage> {
  return new Promise((resolve) => {
    child.on('message', (message: KeeperMessage) => {
      if (message.type === 'progress') onProgress(message.line);
      else resolve(message);
    });
  });
}

/** Politely, then with SIGKILL: then its reaper does the rest. */
async function endChild(child: ChildProcess, ended: Promise<End>): Promise<void> {
  child.kill('SIGTERM');
  await killIfStuck(child, ended);
}

async function killIfStuck(child: ChildProcess, ended: Promise<End>): Promise<void> {
  if (await Promise.race([ended.then(() => false), delay(END_DEADLINE_MS, true, { ref: false })]))
    child.kill('SIGKILL');
}

async function outcomeOf(
  message: KeeperMessage | null,
  { end, logFiles, signal }: { end: End; logFiles: readonly string[]; signal: AbortSignal },
): Promise<'taken' | 'ended'> {
  if (message?.type === 'taken') return 'taken';
  if (message?.type === 'failed' && !signal.aborted) {
    if (message.exitCode !== null) throw new KeeperError(message.message, message.exitCode as ExitCode);
    throw Object.assign(new Error(message.message), { stack: message.stack });
  }
  // Read now: after a crash or a SIGKILL there is something to clear, and the log goes with it.
  const words = logFiles.map(textOf).join('');
  const cleared = await clearDead();
  if (signal.aborted || message !== null) return 'ended';
  if (end.signal !== null)
    throw new MissingError([`What was starting was ended from outside (${end.signal}).`, ...cleared].join('\n'));
  throw new Error(`the keeper ended without its last word (exit code ${end.code})\n${words}`);
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return ''; // In the one folder before it is claimed, in the other one after.
  }
}
