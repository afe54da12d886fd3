import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  identify,
  isAlive,
  isGroupAlive,
  isStopped,
  type ProcessIdentity,
  signalGroup,
} from '@backend-labs/stack/process-identity';
import { expect, test } from 'vitest';

/** A shell that leads a group and starts a sleeper in it; both end with the test. */
async function leader(script: string) {
  const child: ChildProcess = spawn('sh', ['-c', script], { detached: true, stdio: ['ignore', 'pipe', 'ignore'] });
  // At once: a leader that has ended and was waited for is nobody any more.
  const identity = identify(child.pid as number) as ProcessIdentity;
  const [said] = (await once(child.stdout as NodeJS.ReadableStream, 'data')) as [Buffer];
  return {
    child,
    identity,
    /** The pid of what it started. */
    follower: Number(said.toString()),
    async [Symbol.asyncDispose]() {
      signalGroup(identity, 'SIGKILL');
      child.stdout?.destroy();
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
    },
  };
}

test('a process with the same pid that started at another time is another one, and gets no signal', async () => {
  await using one = await leader('sleep 600 & echo $!; wait');
  const stranger = { ...one.identity, startTime: 'another time' };
  expect([isAlive(one.identity), isAlive(stranger)]).toEqual([true, false]);
  expect(signalGroup(stranger, 'SIGKILL')).toBe(false);
  expect(isAlive(one.identity)).toBe(true);
});

test('a signal reaches the whole group, and stopped is told from running', async () => {
  await using one = await leader('sleep 600 & echo $!; wait');
  const both = [one.identity.pid, one.follower];
  expect(both.map(isStopped)).toEqual([false, false]);
  expect(signalGroup(one.identity, 'SIGSTOP')).toBe(true);
  await expect.poll(() => both.map(isStopped)).toEqual([true, true]);
});

test('a group lives as long as any of it does, and its leader alone may have ended', async () => {
  await using one = await leader('sleep 600 & echo $!');
  if (one.child.exitCode === null) await once(one.child, 'exit');
  expect([isAlive(one.identity), isGroupAlive(one.identity)]).toEqual([false, true]);
  expect(signalGroup(one.identity, 'SIGKILL')).toBe(true);
  await expect.poll(() => isGroupAlive(one.identity)).toBe(false);
});

test('a pid that nobody has identifies nobody', () => {
  expect(identify(2 ** 30)).toBeNull();
});
