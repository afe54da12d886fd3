/** A reader's file that is broken: that variant fails, with a reason to read, and the run ends properly. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Lab, survivors } from './lab-command.ts';

const cases: [string, string, RegExp][] = [
  [
    'throws when it is imported',
    `throw new Error('I am not ready');`,
    /list ended at its start \(exit code 1\)[\s\S]*I am not ready/,
  ],
  [
    'throws on each call',
    `export default () => async () => { throw new Error('there is no room'); };`,
    /none of its \d+ operations succeeded \(\d+ × .*500/,
  ],
  [
    'never answers',
    `export default () => () => new Promise(() => {});`,
    /none of its \d+ operations succeeded \(\d+ × timeout\)/,
  ],
  [
    'never lets go of its process',
    `export default () => async () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0); };`,
    /none of its \d+ operations succeeded/,
  ],
  [
    'never ends to be imported',
    `setInterval(() => {}, 1000); await new Promise(() => {}); export default () => async () => {};`,
    /list was not ready after 15 s/,
  ],
  [
    'ends the process in the middle',
    `let calls = 0;
     export default ({ read, write }) => async (id) => {
       if (++calls === 20) { console.error('that was enough'); process.exit(3); }
       write([...read(), id]);
     };`,
    /list ended in the middle of the run \(exit code 3\).*that was enough/,
  ],
];

describe.concurrent('a file of the reader that', () => {
  test.each(cases)('%s is refuted, and the control has its numbers', async (_, source, reason) => {
    await using lab = new Lab();
    const folder = join(lab.state, 'elsewhere');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, 'mine.ts'), source);
    const command = lab.start(['run', 'tally', '--quick', '--variant', './mine.ts'], { cwd: folder });
    const { code, stdout } = await command.ended;
    const [experiment] = lab.result('tally', 'variant', 'result.json').experiments;
    const control = experiment?.variants.find(({ name }) => name === 'hasty');
    expect(control).toMatchObject({ error: null, operations: { failed: 0, lost: 0 } });
    expect(control?.operations.ok).toBeGreaterThan(0);
    const guarantee = experiment?.claims.find(({ id }) => id === 'turns-lose-nothing');
    expect(guarantee).toMatchObject({ verdict: 'refuted', variant: './mine.ts', decides: true });
    expect(guarantee?.reason).toMatch(reason);
    expect(stdout).toContain('refuted');
    expect(code).toBe(1);
    expect(survivors(lab.processes())).toEqual([]);
  });
});
