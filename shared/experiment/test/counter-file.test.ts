import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openCounterFile, readCounterFile } from '../probe/counter-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const COUNTS_FOR_EVER = join(import.meta.dirname, 'fixtures/counts-for-ever.ts');

/** Runs a process that counts in slot 1 and says each count afterwards, and kills it; returns the last count said. */
async function killedWhileCounting(file: string): Promise<number> {
  const child = spawn(process.execPath, [COUNTS_FOR_EVER, file], { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said += text;
    if (said.length > 2000) child.kill('SIGKILL');
  });
  await once(child, 'close');
  expect(child.signalCode).toBe('SIGKILL');
  return Number(said.slice(0, said.lastIndexOf('\n')).split('\n').at(-1));
}

describe('counters in a file', () => {
  it('count each slot on its own', () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'a.counters');
    const counters = openCounterFile(file, 3);
    counters.increment(0);
    counters.increment(2);
    counters.increment(2);
    expect([...readCounterFile(file, 3)]).toEqual([1, 0, 2]);
    counters.close();
  });

  it('are zero where nothing was written yet', () => {
    using folder = temporaryFolder();
    expect([...readCounterFile(join(folder.path, 'none'), 2)]).toEqual([0, 0]);
    expect([...readCounterFile(folder.write('short', '1234'), 2)]).toEqual([0, 0]);
  });

  it('survive a SIGKILL: nothing that was counted is missing', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'a.counters');
    const said = await killedWhileCounting(file);
    expect(said).toBeGreaterThan(100);
    // It may have counted further before its last words came through.
    expect(readCounterFile(file, 2)[1]).toBeGreaterThanOrEqual(said);
  });

  it('go on after a restart where the killed process stopped', async () => {
    using folder = temporaryFolder();
    const file = join(folder.path, 'a.counters');
    await killedWhileCounting(file);
    const [first = 0, before = 0] = readCounterFile(file, 2);
    const counters = openCounterFile(file, 2);
    expect([...readCounterFile(file, 2)]).toEqual([first, before]);
    counters.increment(1);
    counters.close();
    expect([...readCounterFile(file, 2)]).toEqual([first, before + 1]);
  });
});
