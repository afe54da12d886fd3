/** What a process that names no reaper leaves behind when it is killed: nothing. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { isAlive, type ProcessIdentity } from '../process-identity.ts';
import { missing, stateFolder } from './started.ts';

const CHILD = join(import.meta.dirname, 'fixtures', 'start-and-stay.ts');

test.skipIf(await missing('redis'))(
  'a server ends with the process that started it, also after SIGKILL',
  async () => {
    const folder = await mkdtemp(join(tmpdir(), 'stack-reaper-'));
    const child = spawn(process.execPath, [CHILD, folder, stateFolder], { stdio: ['ignore', 'pipe', 'inherit'] });
    try {
      const [said] = (await once(child.stdout, 'data')) as [Buffer];
      const started = JSON.parse(said.toString()) as ProcessIdentity[];
      // The server and its reaper.
      expect(started.length).toBeGreaterThanOrEqual(2);
      child.kill('SIGKILL');
      while (started.some(isAlive)) await sleep(20);
    } finally {
      child.kill('SIGKILL');
      await rm(folder, { recursive: true, force: true });
    }
  },
  30_000,
);
