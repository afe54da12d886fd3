/** `list`: what there is, for people and for programs. A lab that is broken: run/broken-lab.test.ts. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Folder, Lab } from './run/lab-command.ts';

describe.concurrent('list', () => {
  test('names each lab with its question, experiments, variants and needs', async () => {
    await using lab = new Lab();
    const { code, stdout, stderr } = await lab.run(['list']);
    expect(stdout).toMatch(/^tally\n {2}Is reading, thinking and writing back safe when many do it at once\?\n/m);
    expect(stdout).toMatch(/^ {2}experiment slow-spell \(2 claims\): Does a slow spell/m);
    expect(stdout).toMatch(/^ {2}variant patient: the same, each in its turn$/m);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  });

  test('--json says the same as data', async () => {
    await using lab = new Lab();
    const { code, stdout } = await lab.run(['list', '--json']);
    const rows = JSON.parse(stdout) as { name: string }[];
    expect(rows.map(({ name }) => name)).toEqual(['dies-at-start', 'second', 'tally']);
    expect(rows[2]).toEqual({
      name: 'tally',
      question: 'Is reading, thinking and writing back safe when many do it at once?',
      experiments: ['slow-spell', 'held', 'wrong', 'vain', 'long-spell'],
      variants: ['hasty', 'patient', 'careful'],
      needs: {},
      furtherNeeds: {},
      problem: null,
    });
    expect(code).toBe(0);
  });

  test('says what an experiment needs beside its lab', async () => {
    using labs = new Folder();
    mkdirSync(join(labs.path, 'one'));
    const experiments = `{ alone: { question: 'q', claims: [] }, shared: { question: 'q', claims: [], needs: { redis: 1 } } }`;
    writeFileSync(
      join(labs.path, 'one', 'lab.ts'),
      `export default { name: 'one', question: 'q', needs: {}, variants: {}, faults: {}, experiments: ${experiments} };\n`,
    );
    await using lab = new Lab();
    expect((await lab.run(['list'], { labs: labs.path })).stdout).toMatch(
      /^ {2}experiment shared \(0 claims, needs redis\): q$/m,
    );
    const [row] = JSON.parse((await lab.run(['list', '--json'], { labs: labs.path })).stdout);
    expect(row.furtherNeeds).toEqual({ shared: { redis: 1 } });
  });

  test('of a folder without labs is empty, and no error', async () => {
    using labs = new Folder();
    mkdirSync(join(labs.path, 'not-a-lab'));
    await using lab = new Lab();
    const { code, stdout } = await lab.run(['list', '--json'], { labs: labs.path });
    expect({ code, rows: JSON.parse(stdout) }).toEqual({ code: 0, rows: [] });
  });
});
