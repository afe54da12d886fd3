/** A result says what was asked for, and one from before it did is read as before. */
import { describe, expect, it } from 'vitest';
import { type Asked, InvalidResultError, parseResult, type Result, resultJsonSchema, seal } from '../result/index.ts';

const asked: Asked = { experiment: 'all', variant: './mine.ts', mutants: false, repeats: 3, stack: 'docker' };

const older: Omit<Result, 'digests'> = {
  schema: 1,
  lab: 'demo',
  question: 'Does it?',
  headlineClaim: 'bounded',
  startedAt: '2026-01-31T09:05:00.000Z',
  durationMs: 1000,
  commit: null,
  sources: { hash: 'feedfeedfeedfeed', dirty: false },
  seed: 1,
  profile: 'quick',
  interrupted: false,
  provider: {},
  versions: {},
  machine: { cpu: 'Example CPU', cores: 2, memoryBytes: 1024, os: 'Linux' },
  experiments: [],
  verdict: 'holds',
};

const reread = (result: unknown) => parseResult(JSON.stringify(result), 'result.json');

describe('what a run was asked for', () => {
  it('is read back as it was written', () => {
    expect(reread(seal({ ...older, asked })).asked).toEqual(asked);
  });

  it('is missing from older results, which are read all the same', () => {
    expect(reread(seal(older))).not.toHaveProperty('asked');
    expect((resultJsonSchema() as { required: string[] }).required).not.toContain('asked');
  });

  it('is sealed: changed, taken away or added by hand it is found', () => {
    const sealed = seal({ ...older, asked });
    const { asked: _, ...without } = sealed;
    for (const edited of [{ ...sealed, asked: { ...asked, repeats: 1 } }, without, { ...seal(older), asked }]) {
      expect(() => reread(edited)).toThrow(/run: its digest does not match/);
    }
  });

  it('is refused with less or more in it, or without a repeat', () => {
    const { stack: _, ...less } = asked;
    for (const wrong of [less, { ...asked, more: 1 }, { ...asked, repeats: 0 }]) {
      expect(() => reread({ ...seal(older), asked: wrong })).toThrow(InvalidResultError);
    }
  });
});
