/** ./lab when set-up fails: one sentence, exit code 4, nothing half made, and a second call that starts clean. */
import { chmodSync, existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { complaints, type End, handedOver, makeSandbox, type Sandbox, stubNode } from './sandbox.ts';

/** One sentence that fits, code 4, and nothing left of the attempt. */
function expectOneSentence(end: End, sandbox: Sandbox, what: RegExp): void {
  expect(complaints(end)).toEqual([expect.stringMatching(what)]);
  expect(complaints(end)[0]).toMatch(/^lab: .*call \.\/lab/);
  expect(end.code).toBe(4);
  expect(end.stdout).toBe('');
  expect(sandbox.leftovers()).toEqual([]);
}

async function expectThatItWorksNow(sandbox: Sandbox): Promise<void> {
  const end = await sandbox.run(['now']);
  expect(complaints(end)).toEqual([]);
  expect(handedOver(end).args).toEqual(['now']);
}

test('no network: the registry could not be reached', async () => {
  using sandbox = makeSandbox();
  const end = await sandbox.run([], { env: { STUB_NPM: 'offline' } });
  expectOneSentence(end, sandbox, /fetching pnpm \S+ failed because the npm registry could not be reached/);
  const log = /details: (.*)\)$/.exec(complaints(end)[0] ?? '')?.[1] ?? '';
  expect(readFileSync(log, 'utf8')).toContain('ENOTFOUND');
  await expectThatItWorksNow(sandbox);
});

test('npm ends well without the Node that it could not fetch: that is no Node', async () => {
  using sandbox = makeSandbox();
  stubNode(sandbox, '20.0.0');
  const pnpmIsThere = await sandbox.run([], { env: { STUB_NPM: 'silent' } });
  expectOneSentence(pnpmIsThere, sandbox, /could not be reached/);
  expect(existsSync(join(sandbox.home, '.lab/node'))).toBe(false);
  await expectThatItWorksNow(sandbox);
});

test('a fetched Node that does not run here is not taken', async () => {
  using sandbox = makeSandbox();
  stubNode(sandbox, '20.0.0');
  const broken = join(sandbox.elsewhere, 'broken-node');
  writeFileSync(broken, '#!/bin/sh\necho "symbol not found" >&2\nexit 127\n', { mode: 0o755 });
  const end = await sandbox.run([], { env: { STUB_FETCHED_NODE: broken } });
  expectOneSentence(end, sandbox, /was fetched but does not run on this machine/);
  await expectThatItWorksNow(sandbox);
});

test('no space for npm, for pnpm, and for the very first file', async () => {
  using sandbox = makeSandbox();
  const forNpm = await sandbox.run([], { env: { STUB_NPM: 'full' } });
  expectOneSentence(forNpm, sandbox, /fetching pnpm \S+ failed because there is no space left/);
  const forPnpm = await sandbox.run([], { env: { STUB_PNPM: 'full' } });
  expectOneSentence(forPnpm, sandbox, /installing the packages failed because there is no space left/);
  await expectThatItWorksNow(sandbox);
});

test('a limit on file sizes stops it in the middle of a file', async () => {
  using sandbox = makeSandbox();
  const script = 'ulimit -f 20; exec "$0" "$@"';
  const end = await sandbox.run(['-c', script, join(sandbox.home, 'lab')], {
    file: '/bin/sh',
    env: { STUB_NPM: 'large' },
  });
  expectOneSentence(end, sandbox, /fetching pnpm \S+ failed because (a file would exceed|there is no space)/);
  await expectThatItWorksNow(sandbox);
});

test('no npm', async () => {
  using sandbox = makeSandbox();
  const npm = readFileSync(join(sandbox.bin, 'npm'));
  rmSync(join(sandbox.bin, 'npm'));
  expectOneSentence(await sandbox.run(), sandbox, /no npm was found on PATH, which fetches pnpm/);
  writeFileSync(join(sandbox.bin, 'npm'), npm, { mode: 0o755 });
  await expectThatItWorksNow(sandbox);
});

test('no Node at all, and one that is too old to start with', async () => {
  using sandbox = makeSandbox();
  stubNode(sandbox, '16.20.2');
  expectOneSentence(await sandbox.run(), sandbox, /node is Node 16\.20\.2, which is too old.*install Node 24 or later/);
  rmSync(join(sandbox.bin, 'node'));
  expectOneSentence(await sandbox.run(), sandbox, /no Node was found on PATH; install Node 24 or later/);
  expect(sandbox.calls()).toEqual([]);
  stubNode(sandbox, '18.0.0');
  await expectThatItWorksNow(sandbox);
});

test('a folder that may not be written to', async () => {
  using sandbox = makeSandbox();
  // Root may write anywhere: then someone else has to try.
  const uid = process.getuid?.() === 0 ? { uid: 65_534 } : {};
  chmodSync(sandbox.home, 0o555);
  const end = await sandbox.run([], uid);
  chmodSync(sandbox.home, 0o755);
  expectOneSentence(end, sandbox, /cannot be written to \(Permission denied\)/);
  await expectThatItWorksNow(sandbox);
});

test('a .lab that is not a folder', async () => {
  using sandbox = makeSandbox();
  writeFileSync(join(sandbox.home, '.lab'), '');
  const end = await sandbox.run();
  expect(end.code).toBe(4);
  expect(complaints(end)).toEqual([expect.stringMatching(/cannot be written to/)]);
});

test('a failure of pnpm that nobody foresaw names the log, and its half-made folders are taken away', async () => {
  using sandbox = makeSandbox();
  const end = await sandbox.run([], { env: { STUB_PNPM: 'odd' } });
  expectOneSentence(end, sandbox, /installing the packages failed with status 7; .*install\.log/);
  expect(existsSync(join(sandbox.home, 'node_modules/half'))).toBe(true);
  await expectThatItWorksNow(sandbox); // the stub fails if it finds that folder
});
