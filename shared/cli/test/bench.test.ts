import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { lab, startLab } from './lab-process.ts';

/** A folder of labs with one bench each, as its source; `file`: under which name. */
async function labsWith(
  benches: Record<string, string>,
  file = 'bench.ts',
): Promise<{ env: Record<string, string> } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), 'backend-labs-bench-test-'));
  for (const [name, source] of Object.entries(benches)) {
    await mkdir(join(folder, name), { recursive: true });
    await writeFile(join(folder, name, file), source);
  }
  return {
    env: { BACKEND_LABS_DIR: folder },
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}

const report = (
  parts: string,
) => `export default async ({ quick, log, folder }: { quick: boolean; log: (line: string) => void; folder: string }) => {
  log('measuring');
  return {
    name: 'made-up',
    tables: [{ title: quick ? 'quick' : 'full', columns: ['rate', 'p50'], rows: [['10', 1.5], ['1000', 12]] }],
    parts: ${parts},
  };
};`;

describe('./lab bench', () => {
  it('prints tables on stdout and progress on stderr, and exits 0 when every part is met or skipped', async () => {
    await using labs = await labsWith({
      good: report(`[{ name: 'a', met: true, detail: 'fine' }, { name: 'b', met: null, detail: 'no k6' }]`),
    });
    const { code, stdout, stderr } = await lab(['bench', 'good', '--quick'], labs.env);
    expect(stdout).toBe(
      ['quick', '  rate  p50', '  10    1.5', '  1000   12', '', 'met      a: fine', 'skipped  b: no k6', ''].join(
        '\n',
      ),
    );
    expect(stderr).toBe('measuring\n');
    expect(code).toBe(0);
  });

  it('exits 1 when a part is not met, and prints the same as JSON', async () => {
    await using labs = await labsWith({ bad: report(`[{ name: 'a', met: false, detail: 'too slow' }]`) });
    const { code, stdout } = await lab(['bench', 'bad', '--json'], labs.env);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      name: 'made-up',
      tables: [{ title: 'full' }],
      parts: [{ name: 'a', met: false, detail: 'too slow' }],
    });
  });

  it('finds a bench that has another name than its lab, and lists it in its help', async () => {
    await using labs = await labsWith(
      { 'a-long-name': report(`[{ name: 'a', met: true, detail: 'fine' }]`) },
      'short.bench.ts',
    );
    expect(await lab(['bench', 'short'], labs.env)).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('met      a: fine'),
    });
    expect((await lab(['bench', 'a-long-name'], labs.env)).code).toBe(2);
    expect((await lab(['bench', '--help'], labs.env)).stdout).toMatch(/^Benches: .*\bshort\b/m);
  });

  it('suggests the nearest name for a mistyped one, with exit code 2', async () => {
    const { code, stderr } = await lab(['bench', 'laod']);
    expect(code).toBe(2);
    expect(stderr).toContain('Did you mean load?');
  });

  it('refuses a bench file without a default function, with exit code 2 and the file', async () => {
    await using labs = await labsWith({ empty: 'export const nothing = 1;' });
    const { code, stderr } = await lab(['bench', 'empty'], labs.env);
    expect(code).toBe(2);
    expect(stderr).toMatch(/empty\/bench\.ts has no default export that is a function/);
  });

  it('tells the bench to stop on Ctrl-C, and exits 130', async () => {
    await using labs = await labsWith({
      long: `import { setTimeout as sleep } from 'node:timers/promises';
export default async ({ signal, log }: { signal: AbortSignal; log: (line: string) => void }) => {
  log('measuring');
  await sleep(600_000, undefined, { signal });
};`,
    });
    await using process = startLab(['bench', 'long'], labs.env);
    await process.says(/measuring/);
    process.child.kill('SIGINT');
    const { code, stdout } = await process.finished;
    expect({ code, stdout }).toEqual({ code: 130, stdout: '' });
  });
});
