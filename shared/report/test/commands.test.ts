import { describe, expect, it } from 'vitest';
import {
  type ArgumentLike,
  type CommandLike,
  checkCommands,
  type LabNames,
  type OptionLike,
} from '../project/commands.ts';
import { parseMarkdown } from '../project/markdown-document.ts';
import { isPlaceholder, labCalls } from '../project/shell-line.ts';

const option = (long: string, over: Partial<OptionLike> = {}): OptionLike => ({
  long,
  required: false,
  optional: false,
  ...over,
});
const argument = (name: string, over: Partial<ArgumentLike> = {}): ArgumentLike => ({
  name: () => name,
  required: false,
  variadic: false,
  ...over,
});
const command = (name: string, over: Partial<Omit<CommandLike, 'name'>> = {}): CommandLike => ({
  name: () => name,
  aliases: () => [],
  commands: [],
  options: [],
  registeredArguments: [],
  ...over,
});

const program = command('lab', {
  options: [option('--no-colour')],
  commands: [
    command('run', {
      options: [
        option('--quick'),
        option('--seed', { short: '-s', required: true }),
        option('--experiment', { required: true }),
        option('--variant', { required: true }),
        option('--explain', { required: true }),
        option('--stack', { required: true, argChoices: ['docker', 'native'] }),
      ],
      registeredArguments: [argument('lab', { variadic: true })],
    }),
    command('new', { registeredArguments: [argument('name', { required: true })] }),
    command('fire', { registeredArguments: [argument('url', { required: true })] }),
    command('bench', { registeredArguments: [argument('what', { required: true, argChoices: ['load'] })] }),
    command('report', {
      options: [option('--write')],
      registeredArguments: [argument('lab-or-file', { variadic: true })],
    }),
  ],
});
const labs = new Map<string, LabNames | null>([
  ['demo', { experiments: ['hang'], variants: ['none', 'timeout'], claims: ['bounded'] }],
  ['broken', null],
]);

function problems(...lines: string[]): string[] {
  const document = parseMarkdown(['# T', '', '```sh', ...lines, '```', ''].join('\n'));
  return checkCommands(new Map([['README.md', document]]), { program, labs }).map(
    ({ line, message }) => `${line}: ${message}`,
  );
}

describe('a command that a document shows', () => {
  it('is accepted when the verb, the options and the names exist', () => {
    expect(
      problems(
        './lab',
        './lab run demo --quick   # a comment with --nope',
        '$ ./lab run demo --seed 3 --experiment hang --variant timeout --explain bounded',
        './lab run demo -s 3 --stack=docker',
        './lab run demo --variant ./mine.ts && ./lab report --write',
        'NO_COLOR=1 ./lab run demo | less',
        './lab run broken --experiment whatever > out.json 2>&1',
        './lab run --help',
        './lab help run',
        './lab fire http://127.0.0.1:1234/',
        './lab report labs/demo/results/reference.json',
        './lab run demo \\',
        '  --quick',
        'echo ./lab nothing',
      ),
    ).toEqual([]);
  });

  it('is refused when the verb, an option, a lab or a name does not exist, with its line', () => {
    expect(problems('./lab help launch')[0]).toContain('there is no verb "launch"');
    expect(problems('./lab launch demo')[0]).toBe('4: "./lab launch demo" does not exist: there is no verb "launch"');
    expect(problems('', './lab run demo --fast')[0]).toBe(
      '5: "./lab run demo --fast" does not exist: run has no option --fast',
    );
    expect(problems('./lab run dmo')[0]).toContain('there is no lab "dmo"');
    expect(problems('./lab run demo --experiment slow')[0]).toContain('demo has no experiment "slow"');
    expect(problems('./lab run demo --variant best')[0]).toContain('demo has no variant "best"');
    expect(problems('./lab run demo --explain why')[0]).toContain('demo has no claim "why"');
    expect(problems('./lab run demo --stack podman')[0]).toContain('--stack is one of docker, native');
  });

  it('is refused when an operand or a value is missing, or one is too many', () => {
    expect(problems('./lab fire')[0]).toContain('fire needs url');
    expect(problems('./lab new a b')[0]).toContain('new takes at most 1');
    expect(problems('./lab run demo --seed')[0]).toContain('--seed needs a value');
    expect(problems('./lab bench disks')[0]).toContain('what is one of load');
  });

  it('is refused behind && and on a continued line too', () => {
    expect(problems('./lab run demo && ./lab nope')).toHaveLength(1);
    expect(problems('./lab run demo \\', '  --nope')[0]).toMatch(/^4: /);
  });

  it('may hold placeholders, but no option that does not exist', () => {
    expect(
      problems(
        './lab run LAB --experiment NAME',
        './lab run <lab> [--quick] [--experiment NAME|all] [--variant NAME|./mine.ts]',
        './lab run [LAB…]',
        './lab report A.json',
        './lab VERB --help',
      ),
    ).toEqual([]);
    expect(problems('./lab run LAB [--nope]')[0]).toContain('run has no option --nope');
  });

  it('may use the lab that the same document makes', () => {
    expect(problems('./lab new mine', './lab run mine')).toEqual([]);
    expect(problems('./lab run mine')).toHaveLength(1);
  });

  it('counts in shell blocks only', () => {
    const text = '```ts\n./lab nope\n```\n\n`./lab nope`\n\n```sh\n./lab nope\n```\n';
    expect(checkCommands(new Map([['a.md', parseMarkdown(text)]]), { program, labs })).toHaveLength(1);
  });
});

describe('a shell line', () => {
  it('is split at operators, with quotes kept together and comments dropped', () => {
    expect(labCalls('./lab run \'a b\' --x="c d"; ./lab list # ./lab no', 3)).toEqual([
      { words: ['run', 'a b', '--x=c d'], line: 3 },
      { words: ['list'], line: 3 },
    ]);
  });

  it('has placeholders that are told from names', () => {
    for (const word of ['LAB', 'LAB…', '<name>', '[FILE]', 'A.json', 'NAME|all', '...'])
      expect(isPlaceholder(word), word).toBe(true);
    for (const word of ['demo', 'hang', './mine.ts', '--quick', 'Demo']) expect(isPlaceholder(word), word).toBe(false);
  });
});
