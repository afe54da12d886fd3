/** A run's result says what was asked for, and its report how to ask for the same again. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { describe, expect, test } from 'vitest';
import { workspaceFolder } from '../../folders.ts';
import { FIXTURE_LABS, Lab } from './lab-command.ts';

const reportOf = (lab: Lab, ...path: string[]) => readFileSync(join(lab.state, 'results', ...path), 'utf8');

describe.concurrent('the command that repeats a run', () => {
  test('has the choice of experiments, the repeats and the stack that were given', async () => {
    await using lab = new Lab();
    const given = ['--experiment', 'vain', '--quick', '--seed', '7', '--repeat', '2', '--stack', 'native'];
    await lab.run(['run', 'tally', ...given]);
    expect(lab.result('tally', 'result.json').asked).toEqual({
      experiment: 'vain',
      variant: null,
      mutants: false,
      repeats: 2,
      stack: 'native',
    });
    expect(reportOf(lab, 'tally', 'report.html')).toContain(`<code>./lab run tally ${given.join(' ')}</code>`);
  });

  test('says nothing of what was left to the lab', async () => {
    await using lab = new Lab();
    await lab.run(['run', 'second', '--quick']);
    expect(lab.result('second', 'result.json').asked).toMatchObject({ experiment: null, stack: null, repeats: 1 });
    expect(reportOf(lab, 'second', 'report.html')).toContain('<code>./lab run second --quick</code>');
  });

  test("names a reader's file as it is found from the workspace, wherever the call was made", async () => {
    await using lab = new Lab();
    const outside = join(lab.state, 'elsewhere');
    mkdirSync(outside, { recursive: true });
    writeFileSync(join(outside, 'mine.ts'), `throw new Error('not ready');`);
    await lab.run(['run', 'tally', '--quick', '--variant', './mine.ts'], { cwd: outside });
    const found = relative(workspaceFolder, join(outside, 'mine.ts')).replaceAll('\\', '/');
    expect(lab.result('tally', 'variant', 'result.json').asked).toMatchObject({ variant: found });

    const inside = join(FIXTURE_LABS, 'tally', 'src', 'variants');
    await lab.run(['run', 'tally', '--quick', '--variant', './patient.ts'], { cwd: inside });
    expect(reportOf(lab, 'tally', 'variant', 'report.html')).toContain(
      '<code>./lab run tally --variant ./shared/cli/test/labs/tally/src/variants/patient.ts --quick</code>',
    );
  });

  test('has --mutants', async () => {
    await using lab = new Lab();
    await lab.run(['run', 'tally', '--quick', '--mutants', '--experiment', 'vain']);
    expect(reportOf(lab, 'tally', 'mutants', 'report.html')).toContain(
      '<code>./lab run tally --experiment vain --mutants --quick</code>',
    );
  });
});
