/** A mistake in the call: the nearest name, exit code 2, and nothing was started. */
import { existsSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Lab } from './lab-command.ts';

describe.concurrent('a mistake in a call of run is answered before anything starts', () => {
  test.each([
    ['a mistyped lab', ['taly'], /no lab "taly".*Did you mean tally\?/],
    ['a mistyped lab after a right one', ['tally', 'secnd'], /no lab "secnd".*Did you mean second\?/],
    ['a mistyped experiment', ['tally', '--experiment', 'slow-spel'], /"slow-spel".*Did you mean slow-spell\?/],
    [
      'an experiment that only one of two labs has',
      ['tally', 'second', '--experiment', 'held'],
      /no experiment of second/,
    ],
    ['a mistyped variant', ['tally', '--variant', 'patent'], /"patent".*Did you mean patient\?/],
    ['a variant that no claim is about', ['tally', '--variant', 'hasty'], /No claim is about the variant hasty/],
    ['a file that does not exist', ['tally', '--variant', './mine.ts'], /There is no file .*mine\.ts/],
    ['a mistyped claim', ['tally', '--explain', 'turns-lose-nothin'], /Did you mean turns-lose-nothing\?/],
    ["another experiment's claim", ['tally', '--explain', 'haste-loses-nothing'], /no claim "haste-loses-nothing"/],
    ['a mistyped flag', ['tally', '--quik'], /--quik.*\n.*Did you mean --quick\?/],
    ['a seed that is no number', ['tally', '--seed', 'seven'], /'seven' is invalid.*whole number/],
    ['a seed that is empty', ['tally', '--seed', ''], /is invalid.*whole number/],
    ['no repeats', ['tally', '--repeat', '0'], /'0' is invalid.*at least 1/],
    ['mutants of one variant', ['tally', '--mutants', '--variant', 'patient'], /--mutants and --variant/],
  ])('%s', async (_, args, said) => {
    await using lab = new Lab();
    const { code, stdout, stderr } = await lab.run(['run', ...args]);
    expect(stderr).toMatch(said);
    expect({ code, stdout, state: existsSync(lab.state) }).toEqual({ code: 2, stdout: '', state: false });
  });
});
