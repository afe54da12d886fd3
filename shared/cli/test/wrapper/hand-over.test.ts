/** ./lab when nothing goes wrong: what it hands over, and when it has something to do. */
import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { complaints, handedOver, makeSandbox, stubNode } from './sandbox.ts';

test('hands its arguments over untouched, keeps the folder it was called from, and gives its pid away', async () => {
  using sandbox = makeSandbox();
  const args = ['run', 'a b', '', '*', '--x="y"', '$HOME', 'two\nlines', '--'];
  const child = sandbox.start(args);
  const end = await child.ended;
  expect(end.code).toBe(0);
  expect(handedOver(end)).toMatchObject({ args, cwd: sandbox.elsewhere, pid: child.pid });
});

test('works through links, from anywhere, and as an argument of sh', async () => {
  using sandbox = makeSandbox();
  await sandbox.run();
  symlinkSync(join(sandbox.home, 'lab'), join(sandbox.elsewhere, 'absolute'));
  symlinkSync('absolute', join(sandbox.elsewhere, 'relative'));
  for (const file of ['./relative', join(sandbox.elsewhere, 'absolute')]) {
    const end = await sandbox.run(['x'], { file });
    expect(end.stderr).toBe('');
    expect(handedOver(end).args).toEqual(['x']);
  }
  const end = await sandbox.run(['lab', 'x'], { file: '/bin/sh', cwd: sandbox.home });
  expect(handedOver(end).args).toEqual(['x']);
});

test('sets up once; after that it needs neither npm nor pnpm', async () => {
  using sandbox = makeSandbox();
  const first = await sandbox.run();
  expect(complaints(first)).toEqual([]);
  expect(sandbox.calls()).toEqual(['npm ci in pnpm', 'pnpm install --frozen-lockfile']);
  rmSync(join(sandbox.bin, 'npm'));
  const second = await sandbox.run();
  expect(second.stderr).toBe('');
  expect(handedOver(second).args).toEqual([]);
  expect(sandbox.calls()).toHaveLength(2);
  expect(sandbox.leftovers()).toEqual([]);
});

test('takes the Node on PATH if it is new enough, and remembers the binary behind a shim', async () => {
  using sandbox = makeSandbox();
  const end = await sandbox.run();
  expect(handedOver(end).node).toBe(process.execPath);
  expect(sandbox.calls()).not.toContain('npm ci in node');
  expect(readFileSync(join(sandbox.home, '.lab/chosen-node'), 'utf8').split('\n')[0]).toBe(process.execPath);
});

test('takes a new Node further down PATH before it fetches one', async () => {
  using sandbox = makeSandbox();
  const later = join(sandbox.elsewhere, 'later');
  mkdirSync(later);
  symlinkSync(process.execPath, join(later, 'node'));
  stubNode(sandbox, '20.1.0');
  const end = await sandbox.run([], { env: { PATH: `${sandbox.bin}:${later}` } });
  expect(end.code).toBe(0);
  expect(sandbox.calls()).not.toContain('npm ci in node');
});

test.each(['18.0.0', '23.11.1', '24.2.0'])('fetches Node with the npm of %s, together with pnpm', async (version) => {
  using sandbox = makeSandbox();
  stubNode(sandbox, version);
  const end = await sandbox.run();
  expect(complaints(end)).toEqual([]);
  expect(end.code).toBe(0);
  expect(sandbox.calls().slice(0, 2).sort()).toEqual(['npm ci in node', 'npm ci in pnpm']);
  expect(readFileSync(join(sandbox.home, '.lab/chosen-node'), 'utf8')).toContain('.lab/node/node_modules/');
});

test('looks for Node again when the remembered one has changed or gone', async () => {
  using sandbox = makeSandbox();
  const own = join(sandbox.elsewhere, 'node');
  writeFileSync(own, `#!/bin/sh\nif [ "$1" = -p ]; then echo "25.0.0 $0"; else exec "${process.execPath}" "$@"; fi\n`);
  chmodSync(own, 0o755);
  const env = { PATH: `${sandbox.elsewhere}:${sandbox.bin}` };
  await sandbox.run([], { env });
  expect(readFileSync(join(sandbox.home, '.lab/chosen-node'), 'utf8').split('\n')[0]).toBe(own);
  rmSync(own);
  const end = await sandbox.run([], { env });
  expect(end.code).toBe(0);
  expect(handedOver(end).node).toBe(process.execPath);
  expect(sandbox.calls()).toHaveLength(2); // the packages are still those that were installed
});

test('installs again when a manifest, the lock file or a node_modules folder is not what it was', async () => {
  using sandbox = makeSandbox();
  const installs = async () => {
    const before = sandbox.calls().length;
    const end = await sandbox.run();
    expect(end.code).toBe(0);
    return sandbox.calls().slice(before);
  };
  const again = ['pnpm install --frozen-lockfile'];
  await installs();
  writeFileSync(join(sandbox.home, 'pnpm-lock.yaml'), 'a: 2\n');
  expect(await installs()).toEqual(again);
  mkdirSync(join(sandbox.home, 'labs/new'), { recursive: true });
  writeFileSync(join(sandbox.home, 'labs/new/package.json'), '{}');
  expect(await installs()).toEqual(again);
  rmSync(join(sandbox.home, 'shared/one/node_modules'), { recursive: true });
  expect(await installs()).toEqual(again);
  rmSync(join(sandbox.home, 'node_modules'), { recursive: true });
  expect(await installs()).toEqual(again);
  expect(await installs()).toEqual([]);
});

test('brings the lock file up to date after an edited package.json, but refuses where CI is set', async () => {
  using sandbox = makeSandbox();
  const refused = await sandbox.run([], { env: { STUB_PNPM: 'outdated', CI: 'true' } });
  expect(refused.code).toBe(4);
  expect(complaints(refused)).toEqual([expect.stringContaining('pnpm-lock.yaml does not fit')]);
  const updated = await sandbox.run([], { env: { STUB_PNPM: 'outdated' } });
  expect(updated.code).toBe(0);
  expect(sandbox.calls().at(-1)).toBe('pnpm install --no-frozen-lockfile');
});

test('needs no HOME and keeps every cache below .lab', async () => {
  using sandbox = makeSandbox();
  for (const HOME of [undefined, '']) {
    rmSync(join(sandbox.home, '.lab'), { recursive: true, force: true });
    rmSync(join(sandbox.home, 'node_modules'), { recursive: true, force: true });
    const end = await sandbox.run([], { env: { HOME } });
    expect(end.code).toBe(0);
    const env = JSON.parse(pnpmEnvironments(sandbox.home).at(-1) ?? '') as Record<string, string>;
    for (const name of ['XDG_CACHE_HOME', 'XDG_STATE_HOME', 'XDG_DATA_HOME', 'PNPM_HOME']) {
      expect(env[name]).toContain(join(sandbox.home, '.lab'));
    }
  }
});

test("hands npm's machine-wide registry and certificates to pnpm, which does not read them", async () => {
  using sandbox = makeSandbox();
  await sandbox.run([], { env: { STUB_REGISTRY: 'http://127.0.0.1:1/', STUB_CAFILE: '/some/ca.pem' } });
  const env = JSON.parse(pnpmEnvironments(sandbox.home).at(-1) ?? '') as Record<string, string>;
  expect(env).toMatchObject({ pnpm_config_registry: 'http://127.0.0.1:1/', NODE_EXTRA_CA_CERTS: '/some/ca.pem' });
});

function pnpmEnvironments(home: string): string[] {
  const file = join(dirname(home), 'calls.env');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
}
