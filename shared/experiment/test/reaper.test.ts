import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { identify, isAlive, isStopped, type ProcessIdentity, signalGroup } from '@backend-labs/stack/process-identity';
import { describe, expect, it } from 'vitest';
import { gone } from './service-harness.ts';
import { temporaryFolder } from './temporary-folder.ts';

const ENGINE = join(import.meta.dirname, 'fixtures/engine.ts');
const REAPER = join(import.meta.dirname, '../../stack/reaper/main.ts');

/** A process of this test that runs until it is killed, in a group of its own as a service is. */
function victim(): { identity: ProcessIdentity } & Disposable {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
  const identity = identify(child.pid as number) as ProcessIdentity;
  return { identity, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

/** A reaper alone, given these lines; resolves when it has ended, its pipe closed. */
async function reap(lines: string): Promise<ChildProcess> {
  const reaper = spawn(process.execPath, [REAPER], { stdio: ['pipe', 'ignore', 'inherit'] });
  reaper.stdin?.end(lines);
  await once(reaper, 'exit');
  return reaper;
}

const lineOf = (identity: ProcessIdentity) => `${JSON.stringify(identity)}\n`;

describe('when the engine is killed with SIGKILL', () => {
  it('a service, a stopped service and a process that a service had started are gone', async () => {
    using folder = temporaryFolder();
    const engine = spawn(process.execPath, [ENGINE, folder.path], { stdio: ['ignore', 'pipe', 'inherit'] });
    const [said] = (await once(engine.stdout, 'data')) as [Buffer];
    const started = JSON.parse(String(said)) as Record<'running' | 'stopped' | 'grandchild', ProcessIdentity>;
    expect(Object.values(started).map(isAlive)).toEqual([true, true, true]);
    expect(isStopped(started.stopped.pid)).toBe(true);
    engine.kill('SIGKILL');
    await Promise.all(Object.values(started).map(gone));
  });
});

describe('the reaper', () => {
  it('has killed what it was told of by the time that it ends', async () => {
    using one = victim();
    using two = victim();
    signalGroup(two.identity, 'SIGSTOP');
    const { exitCode } = await reap(lineOf(one.identity) + lineOf(two.identity));
    expect(exitCode).toBe(0);
    expect([isAlive(one.identity), isAlive(two.identity)]).toEqual([false, false]);
  });

  it('does not ask: a process that ignores SIGTERM is gone too', async () => {
    const stubborn = `process.on('SIGTERM', () => {}); setInterval(() => {}, 1000); console.log('ready');`;
    const child = spawn(process.execPath, ['-e', stubborn], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    await once(child.stdout, 'data');
    using stack = new DisposableStack();
    stack.defer(() => child.kill('SIGKILL'));
    const identity = identify(child.pid as number) as ProcessIdentity;
    await reap(lineOf(identity));
    expect(isAlive(identity)).toBe(false);
  });

  it('kills nothing before its pipe closes', async () => {
    using one = victim();
    using two = victim();
    const reaper = spawn(process.execPath, [REAPER], { stdio: ['pipe', 'ignore', 'inherit'] });
    reaper.stdin.write(lineOf(one.identity));
    // Another reaper comes and goes meanwhile.
    await reap(lineOf(two.identity));
    expect([isAlive(one.identity), isAlive(two.identity)]).toEqual([true, false]);
    reaper.stdin.end();
    await once(reaper, 'exit');
    expect(isAlive(one.identity)).toBe(false);
  });

  it('does not touch a process that has got the pid of one that is gone', async () => {
    using stranger = victim();
    using ours = victim();
    await reap(lineOf({ ...stranger.identity, startTime: '1' }) + lineOf(ours.identity));
    expect([isAlive(stranger.identity), isAlive(ours.identity)]).toEqual([true, false]);
  });

  it('clears what a service had started although the service itself has died', async () => {
    const script = `const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' }); console.log(child.pid)`;
    const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'ignore'], detached: true });
    const parentIdentity = identify(parent.pid as number) as ProcessIdentity;
    const [said] = (await once(parent.stdout, 'data')) as [Buffer];
    const orphan = identify(Number(String(said))) as ProcessIdentity;
    parent.kill('SIGKILL');
    await gone(parentIdentity);
    expect(isAlive(orphan)).toBe(true);
    await reap(lineOf(parentIdentity));
    await gone(orphan);
  });

  it('is not kept from the rest by a line that was cut short', async () => {
    using one = victim();
    await reap(`${lineOf(one.identity)}{"pid":1`);
    expect(isAlive(one.identity)).toBe(false);
  });

  it('ends although what it was told of is long gone', async () => {
    const ended = victim();
    ended[Symbol.dispose]();
    await gone(ended.identity);
    expect((await reap(lineOf(ended.identity))).exitCode).toBe(0);
  });
});

describe('a signal to a process', () => {
  it('is not sent to another one with the same pid', () => {
    using stranger = victim();
    expect(signalGroup({ ...stranger.identity, startTime: '1' }, 'SIGKILL')).toBe(false);
    expect(isAlive(stranger.identity)).toBe(true);
    expect(isAlive({ ...stranger.identity, startTime: '1' })).toBe(false);
  });

  it('is sent to the process if its identity fits', async () => {
    using ours = victim();
    expect(signalGroup(ours.identity, 'SIGKILL')).toBe(true);
    await gone(ours.identity);
    expect(signalGroup({ pid: 2 ** 30, startTime: '1' }, 'SIGKILL')).toBe(false);
  });
});
