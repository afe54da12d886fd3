/** What a test of `./lab bench LAB` needs: the context that the command gives, and the children that a bench starts. */
import type { ChildProcess } from 'node:child_process';
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchContext } from '@backend-labs/load';
import { stateFolder } from './servers.ts';

/** A quick bench in a folder of its own, removed when it is disposed of. `say` hears each line of its log. */
export async function benchContextOf(signal: AbortSignal, say: (line: string) => void = () => {}) {
  const folder = await mkdtemp(join(tmpdir(), 'testbed-bench-'));
  const context: BenchContext = { quick: true, signal, log: say, folder, stateFolder };
  return { context, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}

/** The child processes that are started while it lives, by whatever part of this process. */
export function startedChildren() {
  const children: ChildProcess[] = [];
  const seen = (message: unknown) => void children.push((message as { process: ChildProcess }).process);
  subscribe('child_process', seen);
  return { children, [Symbol.dispose]: () => void unsubscribe('child_process', seen) };
}

/** Resolves when a child has ended, or had before. */
export async function hasEnded(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
}
