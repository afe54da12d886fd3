/** Measuring in a process of its own: what it gets, what it gives, how its end is told. */
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { measureInChild } from '../bench/child.ts';
import { medianOf, rounded } from '../bench/figures.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'measure-in-child-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function measurement(name: string, source: string): Promise<string> {
  const file = join(folder, name);
  await writeFile(file, source);
  return file;
}

const never = new AbortController().signal;

describe('a measurement in a process of its own', () => {
  it('gets what it is given and the flags of Node asked for, and no NODE_OPTIONS', async () => {
    const file = await measurement(
      'echo.mjs',
      `console.log(JSON.stringify({
        given: JSON.parse(process.argv[2]), flags: process.execArgv, pid: process.pid, options: process.env.NODE_OPTIONS,
      }));`,
    );
    vi.stubEnv('NODE_OPTIONS', '--no-warnings');
    try {
      const seen = await measureInChild<{ pid: number }>(file, { rounds: 3 }, { signal: never });
      expect(seen).toMatchObject({ given: { rounds: 3 }, flags: [], options: '' });
      expect(seen.pid).not.toBe(process.pid);
      const nodeFlags = ['--expose-gc'];
      expect(await measureInChild(file, null, { signal: never, nodeFlags })).toMatchObject({ flags: nodeFlags });
    } finally {
      vi.unstubAllEnvs();
    }
  });

  it('that fails says which it was, how it ended and the end of its stderr', async () => {
    const file = await measurement('fails.mjs', `console.error('no room'); process.exit(7);`);
    const failed = measureInChild(file, null, { signal: never });
    await expect(failed).rejects.toThrow(/^The measurement fails\.mjs ended with exit code 7:\nno room$/);
  });

  it('is gone, even if it ignores SIGTERM, when an interruption has rejected', async () => {
    const pidFile = join(folder, 'pid');
    const file = await measurement(
      'stays.mjs',
      `import { renameSync, writeFileSync } from 'node:fs';
       process.on('SIGTERM', () => {});
       writeFileSync(${JSON.stringify(`${pidFile}.new`)}, String(process.pid));
       renameSync(${JSON.stringify(`${pidFile}.new`)}, ${JSON.stringify(pidFile)});
       setInterval(() => {}, 1000);`,
    );
    const interruption = new AbortController();
    const running = measureInChild(file, null, { signal: interruption.signal });
    running.catch(() => {}); // awaited below
    const pid = await vi.waitFor(async () => Number(await readFile(pidFile, 'utf8')), {
      timeout: 30_000,
    });
    interruption.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(() => process.kill(pid, 0)).toThrow('ESRCH');
  });
});

describe('a figure', () => {
  it('is the middle value, the mean of both if there are two, and NaN of none', () => {
    expect([medianOf([9, 1, 5]), medianOf([9, 1]), medianOf([])]).toEqual([5, 5, Number.NaN]);
  });

  it('has three significant digits, or is a dash if it was not measured', () => {
    expect([1234.5, 0.012345, Number.NaN, Infinity].map(rounded)).toEqual([1230, 0.0123, '–', '–']);
  });
});
