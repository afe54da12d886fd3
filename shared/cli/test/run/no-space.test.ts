/** No space: one sentence, exit code 4, earlier results as they were, nothing left running. */
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Lab, survivors } from './lab-command.ts';

/** The units of `ulimit -f` are 512 bytes. */
describe.concurrent('no file may grow any more', () => {
  test.each([
    ["for the list of the run's processes", 'ulimit -f 0'],
    ["for the generator's rows", 'ulimit -f 1'],
    ['for the unfinished result', 'ulimit -f 10'],
    ['for the report', 'ulimit -f 30'],
  ])('%s', async (_, shell) => {
    await using lab = new Lab();
    const results = join(lab.state, 'results', 'tally');
    mkdirSync(results, { recursive: true });
    writeFileSync(join(results, 'result.json'), 'an earlier result');
    const command = lab.start(['run', 'tally', '--quick'], { shell, environment: { NODE_DISABLE_COMPILE_CACHE: '1' } });
    const { code, stdout, stderr } = await command.ended;
    const said = stderr.split('\n').filter((line) => line.startsWith('lab: '));
    expect(said).toHaveLength(1);
    expect(said[0]).toMatch(/no space|Could not write/);
    expect(code).toBe(4);
    expect(stdout === '' || stdout.includes('tally')).toBe(true);
    expect(readFileSync(join(results, 'result.json'), 'utf8')).toBe('an earlier result');
    expect(readdirSync(results).filter((name) => name.endsWith('.part'))).toEqual([]);
    expect(survivors(lab.processes())).toEqual([]);
  });
});
