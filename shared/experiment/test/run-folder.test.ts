import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { appendFileSync, existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { identify, isAlive, type ProcessIdentity } from '@backend-labs/stack/process-identity';
import { describe, expect, it } from 'vitest';
import { clearLeftovers, createRunFolder } from '../shell/run-folder.ts';
import { gone } from './service-harness.ts';
import { temporaryFolder } from './temporary-folder.ts';

type Running = { identity: ProcessIdentity; child: ChildProcess } & Disposable;

function running(): Running {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore', detached: true });
  const identity = identify(child.pid as number) as ProcessIdentity;
  return { identity, child, [Symbol.dispose]: () => void child.kill('SIGKILL') };
}

/** A process that has ended. */
async function ended(): Promise<ProcessIdentity> {
  const { identity, child } = running();
  child.kill('SIGKILL');
  await once(child, 'exit');
  return identity;
}

/** Files of a run whose engine was `engine` and which had started `started`. */
function run(engine: ProcessIdentity | string, ...started: (ProcessIdentity & { name: string })[]) {
  return {
    'engine.json': typeof engine === 'string' ? engine : JSON.stringify(engine),
    'processes.jsonl': started.map((one) => `${JSON.stringify(one)}\n`).join(''),
  };
}

function runsFolder(runs: Record<string, Record<string, string>>) {
  const folder = temporaryFolder();
  for (const [id, files] of Object.entries(runs)) {
    for (const [name, text] of Object.entries(files)) folder.write(join(id, name), text);
  }
  return folder;
}

describe('what a dead engine left behind', () => {
  it('is killed, removed and reported by name', async () => {
    using service = running();
    using folder = runsFolder({
      'run-1': run(await ended(), { ...service.identity, name: 'gateway' }, { ...(await ended()), name: 'load' }),
    });
    expect(clearLeftovers(folder.path)).toEqual({
      killed: [{ name: 'gateway', pid: service.identity.pid }],
      removedFolders: 1,
    });
    await gone(service.identity);
    expect(readdirSync(folder.path)).toEqual([]);
    expect(clearLeftovers(folder.path)).toEqual({ killed: [], removedFolders: 0 });
  });

  it('is cleared although the last line was cut short', async () => {
    using service = running();
    using folder = runsFolder({ 'run-1': run(await ended(), { ...service.identity, name: 'gateway' }) });
    appendFileSync(join(folder.path, 'run-1/processes.jsonl'), '{"pid":1,"star');
    expect(clearLeftovers(folder.path).killed).toHaveLength(1);
    await gone(service.identity);
  });

  it('is cleared although nobody knows who the engine was, or nothing was started', async () => {
    using service = running();
    const { pid } = await ended();
    using folder = runsFolder({
      [`run-1-${pid}`]: run('{"pid":', { ...service.identity, name: 'gateway' }),
      [`run-2-${pid}`]: { 'engine.json': JSON.stringify(await ended()) },
    });
    expect(clearLeftovers(folder.path)).toMatchObject({ removedFolders: 2 });
    await gone(service.identity);
  });

  it('is not a process that has got the pid of one that is gone', async () => {
    using stranger = running();
    const left = { ...stranger.identity, startTime: '1', name: 'gateway' };
    using folder = runsFolder({ 'run-1': run(await ended(), left) });
    expect(clearLeftovers(folder.path)).toEqual({ killed: [], removedFolders: 1 });
    expect(isAlive(stranger.identity)).toBe(true);
  });
});

describe('the folder of a living engine', () => {
  it('is left alone, with all that it started', () => {
    using engine = running();
    using service = running();
    using folder = runsFolder({ 'run-1': run(engine.identity, { ...service.identity, name: 'gateway' }) });
    expect(clearLeftovers(folder.path)).toEqual({ killed: [], removedFolders: 0 });
    expect(readdirSync(folder.path)).toEqual(['run-1']);
    expect(isAlive(service.identity)).toBe(true);
  });

  it('is no longer its own if its pid is another process’s by now', () => {
    using stranger = running();
    using folder = runsFolder({ 'run-1': run({ ...stranger.identity, startTime: '1' }) });
    expect(clearLeftovers(folder.path).removedFolders).toBe(1);
    expect(isAlive(stranger.identity)).toBe(true);
  });

  it('is recognised when this very process makes it', () => {
    using folder = temporaryFolder();
    const { path } = createRunFolder(folder.path);
    expect(clearLeftovers(folder.path).removedFolders).toBe(0);
    expect(existsSync(path)).toBe(true);
  });
});

describe('a run’s own folder', () => {
  it('writes down each process that it is told of', async () => {
    using folder = temporaryFolder();
    using service = running();
    const own = createRunFolder(folder.path);
    own.register(service.identity, 'gateway');
    // As if this process had died.
    folder.write(join(own.path.slice(folder.path.length + 1), 'engine.json'), JSON.stringify(await ended()));
    expect(clearLeftovers(folder.path).killed).toEqual([{ name: 'gateway', pid: service.identity.pid }]);
  });

  it('is removed when it is closed, unless its logs are worth reading', () => {
    using folder = temporaryFolder();
    createRunFolder(folder.path).close(false);
    expect(readdirSync(folder.path)).toEqual([]);
    const kept = createRunFolder(folder.path);
    kept.close(true);
    expect(existsSync(kept.path)).toBe(true);
  });

  it('is kept with the newest ten of failed runs, and no more', async () => {
    const engine = JSON.stringify(await ended());
    const ids = Array.from({ length: 12 }, (_, index) => `run-${String(index).padStart(2, '0')}`);
    using folder = runsFolder(Object.fromEntries(ids.map((id) => [id, { 'engine.json': engine, kept: '' }])));
    expect(clearLeftovers(folder.path)).toEqual({ killed: [], removedFolders: 0 });
    expect(readdirSync(folder.path).sort()).toEqual(ids.slice(2));
  });
});

it('clearing a folder of runs that does not exist finds nothing', () => {
  using folder = temporaryFolder();
  expect(clearLeftovers(join(folder.path, 'none'))).toEqual({ killed: [], removedFolders: 0 });
});
