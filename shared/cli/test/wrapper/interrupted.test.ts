/** ./lab when set-up is cut off, and when there are two of them. */
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { isThere } from '../../run-leftovers.ts';
import { complaints, handedOver, makeSandbox, type Sandbox, sleepers, stubNode, until } from './sandbox.ts';

/** Gone, or dead and only waiting to be reaped, as it stays in a container without an init. */
function isGone(pid: number): boolean {
  if (!isThere(pid)) return true;
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/.*\)/, ''));
  } catch {
    return !existsSync('/proc/self');
  }
}

/** Starts ./lab with a stub that goes to sleep, and waits until it does. */
async function startAndStall(sandbox: Sandbox, env: Record<string, string>) {
  const child = sandbox.start([], { env });
  await until(() => sleepers(sandbox).length > 0);
  return child;
}

for (const [where, env] of [
  ['npm fetches', { STUB_NPM: 'slow' }],
  ['pnpm installs', { STUB_PNPM: 'slow' }],
] as const) {
  test(`Ctrl-C while ${where}: the tool ends too, nothing half is left, and the next call works`, async () => {
    using sandbox = makeSandbox();
    const child = await startAndStall(sandbox, env);
    child.kill('SIGINT');
    const end = await child.ended;
    expect(end.code).toBe(130);
    expect(complaints(end)).toEqual([expect.stringContaining('interrupted')]);
    expect(sandbox.leftovers()).toEqual([]);
    await until(() => sleepers(sandbox).every(isGone));
    expect(handedOver(await sandbox.run(['next'])).args).toEqual(['next']);
  });

  test(`kill -9 while ${where}: the next call ends what still runs, takes its lock over, and works`, async () => {
    using sandbox = makeSandbox();
    const child = await startAndStall(sandbox, env);
    child.kill('SIGKILL');
    await until(() => isGone(child.pid ?? 0));
    expect(sandbox.leftovers()).toContain('lock');
    const next = await sandbox.run(['next']);
    expect(handedOver(next).args).toEqual(['next']);
    expect(sandbox.leftovers()).toEqual([]);
    await until(() => sleepers(sandbox).every(isGone));
  });
}

test('Ctrl-C while Node and pnpm are fetched at once ends both', async () => {
  using sandbox = makeSandbox();
  stubNode(sandbox, '20.0.0');
  const child = sandbox.start([], { env: { STUB_NPM: 'slow' } });
  await until(() => sleepers(sandbox).length === 2);
  child.kill('SIGINT');
  expect((await child.ended).code).toBe(130);
  await until(() => sleepers(sandbox).every(isGone));
  expect(readdirSync(join(sandbox.home, '.lab'))).toEqual(['logs']);
});

test('four at once set up once, and all of them run', async () => {
  using sandbox = makeSandbox();
  stubNode(sandbox, '20.0.0');
  const ends = await Promise.all(['a', 'b', 'c', 'd'].map((name) => sandbox.run([name])));
  expect(ends.flatMap(complaints)).toEqual([]);
  expect(ends.map((end) => end.code)).toEqual([0, 0, 0, 0]);
  expect(ends.map((end) => handedOver(end).args[0])).toEqual(['a', 'b', 'c', 'd']);
  expect(sandbox.calls().sort()).toEqual(['npm ci in node', 'npm ci in pnpm', 'pnpm install --frozen-lockfile']);
  expect(sandbox.leftovers()).toEqual([]);
});

test('one that waits says for whom, and works when the other one fails', async () => {
  using sandbox = makeSandbox();
  const first = await startAndStall(sandbox, { STUB_NPM: 'slow' });
  const second = sandbox.start(['second']);
  let said = '';
  second.stderr?.on('data', (text: string) => {
    said += text;
  });
  await until(() => said.includes(`waiting for another ./lab (process ${first.pid})`));
  first.kill('SIGTERM');
  expect((await first.ended).code).toBe(143);
  const end = await second.ended;
  expect(handedOver(end).args).toEqual(['second']);
});

test('many that find the lock of a dead process agree on one', async () => {
  using sandbox = makeSandbox();
  const lock = join(sandbox.home, '.lab/lock');
  mkdirSync(lock, { recursive: true });
  // A living process, but not the one that took the lock: ids are used again.
  writeFileSync(join(lock, 'owner'), `${process.pid} 1\n`);
  const ends = await Promise.all(['a', 'b', 'c', 'd', 'e'].map((name) => sandbox.run([name])));
  expect(ends.flatMap(complaints)).toEqual([]);
  expect(ends.map((end) => end.code)).toEqual([0, 0, 0, 0, 0]);
  expect(sandbox.calls()).toEqual(['npm ci in pnpm', 'pnpm install --frozen-lockfile']);
});
