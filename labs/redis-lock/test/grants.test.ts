import { describe, expect, test } from 'vitest';
import { grantsOf, UNCERTAIN_MS } from '../src/referee/grants.ts';
import type { Gap, SeenCommand } from '../src/referee/monitor.ts';

/** A command of a client, in words. */
const seen = (atMs: number, words: string, node = 0): SeenCommand[] => [
  { node, atMs, isScript: false, command: words.split(' ') },
];

/** A script for a token, and what it did. Nothing: it looked and left the key alone. */
const script = (atMs: number, token: string, did: string | null = null, node = 0): SeenCommand[] => [
  { node, atMs, isScript: false, command: ['EVAL', 'if … then …', '1', 'k', token] },
  { node, atMs, isScript: true, command: ['get', 'k'] },
  ...(did === null ? [] : [{ node, atMs, isScript: true, command: did.split(' ') }]),
];

/** Who held what, as `a 0..100`. */
function grants(commands: SeenCommand[][], gaps?: Gap[]) {
  return grantsOf(commands.flat(), gaps).map(({ token, fromMs, untilMs }) => `${token} ${fromMs}..${untilMs}`);
}

const release = (atMs: number, token: string) => script(atMs, token, 'del k');

describe('a key is granted', () => {
  test.each([
    ['SET k a NX PX 100', 'a 0..100'],
    ['SET k a PX 100 NX', 'a 0..100'],
    ['set k a px 100 nx', 'a 0..100'],
    ['SET k a NX EX 1', 'a 0..1000'],
    ['SET k a NX PXAT 70', 'a 0..70'],
    ['SET k a NX GET PX 70', 'a 0..70'],
    ['SET k a NX', 'a 0..Infinity'],
    ['SETNX k a', 'a 0..Infinity'],
    ['SET k a PX 100', 'a 0..100'],
    ['PSETEX k 100 a', 'a 0..100'],
  ])('by %s', (words, grant) => {
    expect(grants([seen(0, words)])).toEqual([grant]);
  });

  test('by a SET that runs in a script, and not by the line of the script itself', () => {
    expect(grants([script(0, 'a', 'SET k a PX 100 NX')])).toEqual(['a 0..100']);
    expect(grants([script(0, 'a')])).toEqual([]);
  });

  test('to nobody by a SET XX or an extension, if nobody has it', () => {
    expect(grants([seen(0, 'SET k a XX PX 100'), seen(1, 'PEXPIRE k 50')])).toEqual([]);
  });

  test('apart from every other key, and on every node apart', () => {
    const commands = [seen(0, 'SET k a NX PX 100'), seen(1, 'SET k2 b NX PX 100'), seen(2, 'SET k c NX PX 100', 1)];
    expect(grantsOf(commands.flat()).map(({ node, key, token }) => [node, key, token])).toEqual([
      [0, 'k', 'a'],
      [0, 'k2', 'b'],
      [1, 'k', 'c'],
    ]);
  });
});

describe('while one has it', () => {
  test('a second SET NX is refused, its own as well', () => {
    expect(
      grants([seen(0, 'SET k a NX PX 100'), seen(10, 'SET k b NX PX 100'), seen(20, 'SET k a NX PX 100')]),
    ).toEqual(['a 0..100']);
  });

  test('a plain SET of another takes it', () => {
    expect(grants([seen(0, 'SET k a NX PX 100'), seen(10, 'SET k b PX 100')])).toEqual(['a 0..10', 'b 10..110']);
  });

  test.each([
    ['PEXPIRE by anybody', seen(50, 'PEXPIRE k 100')],
    ['EXPIREAT', seen(50, 'PEXPIREAT k 150')],
    ['PEXPIRE in a script', script(50, 'a', 'pexpire k 100')],
    ['a plain SET of its own in a script, as node-redlock does', script(50, 'a', 'set k a PX 100')],
  ])('%s extends it', (_name, extension) => {
    expect(grants([seen(0, 'SET k a NX PX 100'), extension, seen(120, 'SET k b NX PX 100')])).toEqual(['a 0..150']);
  });

  test('PEXPIRE with nothing left ends it', () => {
    expect(grants([seen(0, 'SET k a NX PX 100'), seen(50, 'PEXPIRE k 0')])).toEqual(['a 0..50']);
  });

  test.each([
    ['DEL in a script', script(50, 'a', 'del k')],
    ['UNLINK', seen(50, 'UNLINK other k')],
    ['FLUSHALL', seen(50, 'FLUSHALL')],
    ['DELIFEQ of its own', seen(50, 'DELIFEQ k a')],
  ])('%s ends it, and the next one gets it', (_name, end) => {
    expect(grants([seen(0, 'SET k a NX PX 100'), end, seen(60, 'SET k b NX PX 100')])).toEqual([
      'a 0..50',
      'b 60..160',
    ]);
  });

  test.each([
    ['a script that leaves it alone', script(50, 'b')],
    ['DELIFEQ of another', seen(50, 'DELIFEQ k b')],
  ])('%s does not end it', (_name, attempt) => {
    expect(grants([seen(0, 'SET k a NX PX 100'), attempt])).toEqual(['a 0..100']);
  });

  test('the DEL of one whose time is over ends the grant of the next, and lets a third in', () => {
    const commands = [
      seen(0, 'SET k a NX PX 100'),
      seen(110, 'SET k b NX PX 100'),
      seen(150, 'DEL k'),
      seen(160, 'SET k c NX PX 100'),
    ];
    expect(grants(commands)).toEqual(['a 0..100', 'b 110..150', 'c 160..260']);
  });
});

describe('it ends by time', () => {
  test('and the next SET NX is granted', () => {
    expect(grants([seen(0, 'SET k a NX PX 100'), seen(110, 'SET k b NX PX 100')])).toEqual(['a 0..100', 'b 110..210']);
  });

  test('and an extension that comes later finds nothing', () => {
    expect(grants([seen(0, 'SET k a NX PX 100'), seen(110, 'PEXPIRE k 100')])).toEqual(['a 0..100']);
  });

  test('but a script of its holder that extends it a moment later has found it', () => {
    expect(grants([seen(0, 'SET k a NX PX 100'), script(101, 'a', 'pexpire k 100')])).toEqual(['a 0..201']);
    expect(grants([seen(0, 'SET k a NX PX 100'), seen(101, 'PEXPIRE k 100')])).toEqual(['a 0..100']);
  });
});

describe('a SET NX so close to the end that time cannot tell', () => {
  const first = seen(0, 'SET k a NX PX 100');

  test.each([-UNCERTAIN_MS, -1, 0, 1, UNCERTAIN_MS])(
    '%i ms from it, was granted if its token released it by a script',
    (by) => {
      const commands = [first, seen(100 + by, 'SET k b NX PX 100'), release(150, 'b')];
      expect(grants(commands)).toEqual([`a 0..${Math.min(100, 100 + by)}`, `b ${100 + by}..150`]);
    },
  );

  test('was granted if its token extended it by a script', () => {
    const commands = [first, seen(99, 'SET k b NX PX 100'), script(150, 'b', 'pexpire k 100'), seen(220, 'SET k c NX')];
    expect(grants(commands)).toEqual(['a 0..99', 'b 99..250']);
  });

  test('was granted if its token changed it by a script, whoever was granted it afterwards', () => {
    const commands = [
      first,
      seen(99, 'SET k b NX PX 100'),
      script(110, 'b', 'pexpire k 20'),
      seen(140, 'SET k c NX PX 100'),
      release(160, 'c'),
    ];
    expect(grants(commands)).toEqual(['a 0..99', 'b 99..130', 'c 140..160']);
  });

  test.each([-1, 1])('%i ms from it, was refused if its token tried again', (by) => {
    const commands = [first, seen(100 + by, 'SET k b NX PX 100'), seen(120, 'SET k b NX PX 100'), release(150, 'b')];
    expect(grants(commands)).toEqual(['a 0..100', 'b 120..150']);
  });

  test.each([
    ['at the same moment', 101],
    ['later', 130],
  ])('was refused if one who tried %s released it while this one would have held', (_name, atMs) => {
    const commands = [first, seen(99, 'SET k b NX PX 100'), seen(atMs, 'SET k c NX PX 100'), release(160, 'c')];
    expect(grants(commands)).toEqual(['a 0..100', `c ${atMs}..160`]);
  });

  test('was granted though another released it later, if it was removed in between', () => {
    const commands = [
      first,
      seen(99, 'SET k b NX PX 100'),
      seen(120, 'DEL k'),
      seen(130, 'SET k c NX PX 100'),
      release(160, 'c'),
    ];
    expect(grants(commands)).toEqual(['a 0..99', 'b 99..120', 'c 130..160']);
  });

  test('goes to the first of several of which nothing more is seen', () => {
    const commands = [first, seen(99, 'SET k b NX PX 100'), seen(100, 'SET k c NX PX 100'), seen(150, 'SET k d NX')];
    expect(grants(commands)).toEqual(['a 0..99', 'b 99..199']);
  });

  test('is told by time as soon as it is not that close', () => {
    const before = [first, seen(99 - UNCERTAIN_MS, 'SET k b NX PX 100'), release(150, 'b')];
    expect(grants(before)).toEqual(['a 0..100']);
    const after = [first, seen(101 + UNCERTAIN_MS, 'SET k b NX PX 100'), seen(150, 'SET k b NX PX 100')];
    expect(grants(after)).toEqual(['a 0..100', 'b 104..204']);
  });
});

describe('a node that was away', () => {
  const gap = { node: 0, fromMs: 40, untilMs: 60 };

  test('and came back empty has forgotten its grants', () => {
    const commands = [seen(0, 'SET k a NX PX 100'), seen(70, 'SET k b NX PX 100')];
    expect(grants(commands, [{ ...gap, keys: [] }])).toEqual(['a 0..40', 'b 70..170']);
  });

  test('and came back with its keys has not', () => {
    const commands = [seen(0, 'SET k a NX PX 100'), seen(70, 'SET k b NX PX 100')];
    expect(grants(commands, [{ ...gap, keys: ['k'] }])).toEqual(['a 0..100']);
  });

  test('is no other node', () => {
    const commands = [seen(0, 'SET k a NX PX 100', 1)];
    expect(grants(commands, [{ ...gap, keys: [] }])).toEqual(['a 0..100']);
  });
});
