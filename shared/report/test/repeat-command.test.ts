/** The command that a report gives to repeat its run. */
import type { Asked } from '@backend-labs/experiment/result';
import { describe, expect, it } from 'vitest';
import { renderHtml } from '../html/index.ts';
import { renderMarkdown } from '../markdown/index.ts';
import { labCalls } from '../project/shell-line.ts';
import { commandOf } from '../wording.ts';
import { madeUpExperiment, madeUpResult, madeUpVariant } from './made-up-result.ts';

const asked = (over: Partial<Asked> = {}): Asked => ({
  experiment: null,
  variant: null,
  mutants: false,
  repeats: 1,
  stack: null,
  ...over,
});
const commandFor = (over: Partial<Asked>, run: Parameters<typeof madeUpResult>[0] = {}) =>
  commandOf(madeUpResult({ asked: asked(over), ...run }));

describe('the command that repeats a run', () => {
  it('has nothing that was not asked for', () => {
    expect(commandFor({})).toBe('./lab run demo');
  });

  it('has the choice of experiments, as it was made', () => {
    expect(commandFor({ experiment: 'all' })).toBe('./lab run demo --experiment all');
    expect(commandFor({ experiment: 'hang' })).toBe('./lab run demo --experiment hang');
  });

  it('has each other choice that differs from the default', () => {
    expect(commandFor({ variant: './mine.ts' })).toBe('./lab run demo --variant ./mine.ts');
    expect(commandFor({ mutants: true })).toBe('./lab run demo --mutants');
    expect(commandFor({ repeats: 5 })).toBe('./lab run demo --repeat 5');
    expect(commandFor({ stack: 'docker' })).toBe('./lab run demo --stack docker');
    expect(
      commandFor({ experiment: 'all', variant: 'timeout', repeats: 2, stack: 'native' }, { profile: 'quick', seed: 7 }),
    ).toBe('./lab run demo --experiment all --variant timeout --quick --seed 7 --repeat 2 --stack native');
  });

  it('has as many repeats as were asked for, also when an interruption left fewer', () => {
    expect(commandFor({ repeats: 5 }, { interrupted: true, experiments: [] })).toContain('--repeat 5');
  });

  it('is one word to a shell for a file whose path has a space, and does not end at a quote', () => {
    const [call] = labCalls(commandFor({ variant: './my locks/mine; x.ts' }), 1);
    expect(call?.words).toEqual(['run', 'demo', '--variant', './my locks/mine; x.ts']);
    expect(commandFor({ variant: "./it's.ts" })).toBe(`./lab run demo --variant './it'\\''s.ts'`);
  });

  it('of a result that does not say what was asked for has what its numbers tell', () => {
    const variants = [madeUpVariant('none'), madeUpVariant('none', { repeat: 2 })];
    const older = madeUpResult({ profile: 'quick', seed: 7, experiments: [madeUpExperiment({ variants })] });
    expect(commandOf(older)).toBe('./lab run demo --quick --seed 7 --repeat 2');
    expect(commandOf(older, 'hang')).toBe('./lab run demo --experiment hang --quick --seed 7 --repeat 2');
  });

  it('stands in the HTML report and in the Markdown; an experiment’s section repeats that experiment', () => {
    const result = madeUpResult({ asked: asked({ experiment: 'all', stack: 'docker' }) });
    expect(renderHtml(result, {})).toContain('Repeat it: <code>./lab run demo --experiment all --stack docker</code>');
    const sections = renderMarkdown(result);
    expect(sections.result).toContain('\n./lab run demo --experiment all --stack docker\n');
    expect(sections['claim bounded']).toContain('./lab run demo --experiment hang --stack docker');
    expect(sections['claim bounded']).not.toContain('--experiment all');
  });
});
