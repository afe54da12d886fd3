import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { ask, type Tool } from '../machine.ts';
import { isThere } from '../run-leftovers.ts';
import { missingServers, type ServerFinding } from '../servers.ts';
import { asText } from '../verbs/doctor.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));

function doctor(env: Record<string, string>): Promise<{ code: number; stdout: string }> {
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [main, 'doctor', '--json'], { env }, (_error, stdout) =>
      resolve({ code: child.exitCode ?? -1, stdout }),
    );
  });
}

/** Folders for a state and for labs, one of which has the needs given. */
function makeLab(needs: Record<string, number>) {
  const folder = mkdtempSync(join(tmpdir(), 'doctor-'));
  mkdirSync(join(folder, 'labs/one'), { recursive: true });
  const text = `export default { name: 'one', question: 'q', needs: ${JSON.stringify(needs)}, experiments: {} };\n`;
  writeFileSync(join(folder, 'labs/one/lab.ts'), text);
  const env = { BACKEND_LABS_DIR: join(folder, 'labs'), BACKEND_LABS_STATE: join(folder, 'state'), PATH: folder };
  return { folder, env, [Symbol.dispose]: () => rmSync(folder, { recursive: true, force: true }) };
}

test('a machine with nothing but Node is enough for a lab that needs no server', async () => {
  using lab = makeLab({});
  const { code, stdout } = await doctor(lab.env);
  const diagnosis = JSON.parse(stdout) as { tools: Tool[]; labs: unknown[] };
  expect(diagnosis.tools.filter((tool) => tool.found !== null).map((tool) => tool.name)).toEqual(['Node']);
  expect(diagnosis.labs).toEqual([{ name: 'one', needs: {}, missing: [], skipped: [], problem: null }]);
  expect(code).toBe(0);
});

test('a lab whose server cannot be had makes the exit code 4, until its program is on PATH', async () => {
  using lab = makeLab({ redis: 5 });
  const missing = await doctor(lab.env);
  expect(JSON.parse(missing.stdout)).toMatchObject({ labs: [{ missing: ['redis'] }] });
  expect(missing.code).toBe(4);
  writeFileSync(join(lab.folder, 'valkey-server'), '#!/bin/sh\n', { mode: 0o755 });
  expect((await doctor(lab.env)).code).toBe(0);
});

test('a lab that cannot be loaded is shown with its problem, and the exit code is 4', async () => {
  using lab = makeLab({});
  writeFileSync(join(lab.folder, 'labs/one/lab.ts'), "throw new Error('half written');\n");
  const { code, stdout } = await doctor(lab.env);
  expect(stdout).toContain('half written');
  expect(code).toBe(4);
});

test('a server is missing if it cannot be fetched, or if nobody knows it', () => {
  const servers: ServerFinding[] = [
    { name: 'redis', availability: { state: 'there', origin: 'on PATH' } },
    { name: 'nginx', availability: { state: 'fetched on first use', downloadBytes: 1, fetchedWith: [] } },
    { name: 'kafka', availability: { state: 'missing', ways: ['install Maven'] } },
  ];
  expect(missingServers(['redis', 'nginx'], servers)).toEqual([]);
  expect(missingServers(['redis', 'kafka', 'no-such-server'], servers)).toEqual(['kafka', 'no-such-server']);
});

test('a program that hangs, and what it started, is given up and ended', async () => {
  using lab = makeLab({});
  const pids = join(lab.folder, 'pids');
  const script = `echo 1.2.3; sleep 60 & echo $! > ${pids}; echo $$ >> ${pids}; wait`;
  expect(await ask('/bin/sh', ['-c', script], 500)).toBeNull();
  for (const pid of readFileSync(pids, 'utf8').trim().split('\n')) {
    await expect.poll(() => !isThere(Number(pid)) || isZombie(Number(pid)), { timeout: 10_000 }).toBe(true);
  }
});

function isZombie(pid: number): boolean {
  try {
    return / Z /.test(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return true;
  }
}

test('an answer is the version alone; no program or a failing one is no answer', async () => {
  const say = (text: string) => ask('/bin/sh', ['-c', text], 10_000);
  expect(await say("echo 'Docker version 28.2.2, build e6534b4'")).toBe('28.2.2');
  expect(await say('echo \'openjdk version "17.0.15" 2025-04-15\' >&2')).toBe('17.0.15');
  expect(await say("echo 'go version go1.26.8 linux/amd64'")).toBe('1.26.8');
  expect(await say('echo 1.2.3; exit 1')).toBeNull();
  expect(await ask('/no/such/program', [], 10_000)).toBeNull();
});

test('the text says what is going on, what was kept, and how to remove it', () => {
  const text = asText({
    tools: [{ name: 'Node', found: null, required: true, purpose: 'all' }],
    servers: [
      { name: 'redis', availability: { state: 'there', origin: 'on PATH' } },
      { name: 'postgres', availability: { state: 'fetched on first use', downloadBytes: 24e6, fetchedWith: ['npm'] } },
      { name: 'kafka', availability: { state: 'missing', ways: ['install Maven', 'use another'] } },
    ],
    labs: [
      { name: 'one', needs: { kafka: 3 }, missing: ['kafka'], skipped: [], problem: null },
      { name: 'two', needs: {}, missing: [], skipped: ['fan-out'], problem: null },
    ],
    disk: { parts: [{ name: '.lab/node', bytes: 1_000 }], totalBytes: 1_000, freeBytes: 2_000_000 },
    runs: [
      { folder: '.lab/runs/1', state: 'kept', pid: null },
      { folder: '.lab/runs/2', state: 'running', pid: 42 },
    ],
  });
  expect(text).toMatch(/Node +MISSING/);
  expect(text).toMatch(/one: MISSING kafka/);
  expect(text).toMatch(/two: ready, needs no server; without fan-out, for want of a server above/);
  expect(text).toMatch(/redis +on PATH/);
  expect(text).toMatch(/postgres +fetched on first use with npm, about 24 MB/);
  expect(text).toMatch(/kafka +MISSING: install Maven; or use another/);
  expect(text).toMatch(/1\.0 kB {2}\.lab\/node/);
  expect(text).toContain('.lab/runs/1: kept for its logs; ./lab clean removes it');
  expect(text).toContain('.lab/runs/2: going on (process 42)');
});
