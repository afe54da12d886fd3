import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  InvalidResultError,
  parseResult,
  type Result,
  readResult,
  resultJsonSchema,
  seal,
  unsealedParts,
} from '../result/index.ts';

function small(): Omit<Result, 'digests'> {
  return {
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
    provider: { redis: 'native' },
    versions: { node: 'v26.0.0' },
    machine: { cpu: 'Example CPU', cores: 2, memoryBytes: 1024, os: 'Linux' },
    experiments: [
      {
        name: 'hang',
        question: 'What piles up?',
        parameters: { ratePerSecond: 10 },
        workload: { arrivals: 'constant', ratePerSecond: 10, durationMs: 1000, timeoutMs: 500, seed: 1 },
        plots: [{ series: 'gateway.open', title: 'Open', unit: 'state' }],
        variants: [
          {
            name: 'none',
            repeat: 1,
            error: null,
            timeline: [
              {
                fault: 'hang',
                trigger: 'at 100 ms',
                askedAtMs: 100,
                effectiveAtMs: 101,
                healAskedAtMs: 200,
                healedAtMs: null,
              },
            ],
            operations: { intended: 10, ok: 9, degraded: 0, failed: 1, rejected: 0, timeout: 0, lost: 0, inFlight: 0 },
            latencyMs: { p50: 1, p90: 2, p99: 3, p999: 4, max: 5 },
            facts: { 'most in flight': 12, opened: 'never', closed: null },
            ledger: { acknowledged: 9, lost: ['op-3'], duplicate: [], phantom: [], reordered: [] },
            series: { bucketMs: 250, values: { 'gateway.open': [0, null, 1] } },
            selfChecks: [{ name: 'conservation', ok: true, expected: 10, measured: 10 }],
          },
        ],
        claims: [
          {
            id: 'bounded',
            statement: 'It is bounded.',
            property: 'most in flight',
            variant: 'timeout',
            control: 'none',
            predicted: '10',
            measured: '11',
            controlMeasured: '90',
            verdict: 'holds',
            controlVerdict: 'refuted',
            chances: { count: 60, occurrences: 0, upperBound95: 0.05 },
            reason: null,
            evidence: ['op-1'],
            decides: true,
            spread: { unit: 'calls', min: 1, median: 2, max: 3, repeats: 3 },
          },
        ],
      },
    ],
    verdict: 'holds',
  };
}

type Path = (string | number)[];

function leavesOf(value: unknown, at: Path = []): Path[] {
  if (value === null || typeof value !== 'object') return [at];
  return Object.entries(value).flatMap(([key, inner]) =>
    leavesOf(inner, [...at, Array.isArray(value) ? Number(key) : key]),
  );
}

function changed(result: Result, at: Path): Result {
  const copy = structuredClone(result) as unknown as Record<string | number, unknown>;
  const last = at.at(-1) as string | number;
  const holder = at.slice(0, -1).reduce((inner, key) => inner[key] as Record<string | number, unknown>, copy);
  const value = holder[last];
  holder[last] = typeof value === 'number' ? value + 1 : typeof value === 'boolean' ? !value : `${value} edited`;
  return copy as unknown as Result;
}

/** The part that holds a leaf, by the rule of the format: the variant, the claim, the experiment, else the run. */
function partOf(at: Path): string {
  if (at[0] === 'digests') return at[1] as string;
  if (at[0] !== 'experiments') return 'run';
  if (at[2] === 'variants') return 'experiments.hang.variants.none#1';
  return at[2] === 'claims' ? 'experiments.hang.claims.bounded' : 'experiments.hang';
}

const NAMING = /^(experiments\.0\.name|experiments\.0\.variants\.0\.(name|repeat)|experiments\.0\.claims\.0\.id)$/;

function problemsOf(text: string): string[] {
  try {
    parseResult(text, 'x/result.json');
  } catch (error) {
    if (error instanceof InvalidResultError) return error.problems;
    throw error;
  }
  return [];
}

describe('a sealed result', () => {
  it('is read back as it was written, in whatever order its keys stand', () => {
    const result = seal(small());
    expect(unsealedParts(result)).toEqual([]);
    expect(parseResult(JSON.stringify(result), 'x')).toEqual(result);
    const reversed = Object.fromEntries(Object.entries(result).reverse());
    expect(parseResult(JSON.stringify(reversed), 'x')).toEqual(result);
  });

  it('can be sealed again after a deliberate change', () => {
    expect(unsealedParts(seal({ ...seal(small()), seed: 2 }))).toEqual([]);
  });

  it('names the part that holds an edited value, whichever of its values it is', () => {
    const result = seal(small());
    const leaves = leavesOf(result);
    expect(leaves.length).toBeGreaterThan(80);
    for (const at of leaves) {
      const parts = unsealedParts(changed(result, at));
      // A changed name moves the part: both the old and the new name are wrong then.
      if (NAMING.test(at.join('.'))) expect(parts.length, at.join('.')).toBeGreaterThan(1);
      else expect(parts, at.join('.')).toEqual([partOf(at)]);
    }
  });

  it('names a variant or a claim that was taken out', () => {
    const result = seal(small());
    const without = structuredClone(result);
    without.experiments[0]?.claims.pop();
    expect(unsealedParts(without)).toEqual(['experiments.hang.claims.bounded']);
  });

  it('is refused when an edited number still fits the schema, and says which part', () => {
    const text = JSON.stringify(seal(small())).replace('"ok":9', '"ok":10');
    expect(problemsOf(text)).toEqual([
      'experiments.hang.variants.none#1: its digest does not match, it was edited after the run',
    ]);
  });

  it('is refused when a second variant hides behind the name of the first', () => {
    const result = seal(small());
    const variants = result.experiments[0]?.variants;
    const first = variants?.[0];
    if (variants === undefined || first === undefined) throw new Error('no variant');
    variants.unshift({ ...first, operations: { ...first.operations, ok: 0 } });
    expect(problemsOf(JSON.stringify(result))).toEqual(['experiments.hang.variants.none#1: it is in the file twice']);
  });
});

describe('a file that is not a whole result of this version', () => {
  it('is refused when it is cut short, at any length', () => {
    const text = JSON.stringify(seal(small()));
    for (const share of [0, 0.1, 0.5, 0.9, 0.999]) {
      expect(problemsOf(text.slice(0, Math.floor(text.length * share)))[0]).toMatch(/^it is cut short or not JSON: /);
    }
  });

  it('is refused when it is of another version or of none', () => {
    expect(problemsOf(JSON.stringify({ ...seal(small()), schema: 2 }))).toEqual([
      'schema: this program reads version 1, the file says 2; run the lab again',
    ]);
    expect(problemsOf('{}')[0]).toContain('the file names none');
    expect(problemsOf('null')[0]).toContain('the file names none');
  });

  it('is refused when it is a list of results', () => {
    expect(problemsOf(JSON.stringify([seal(small())]))[0]).toContain('one result a file');
  });

  it('lists every problem at once, each with its place', () => {
    const wrong = structuredClone(seal(small())) as unknown as Record<string, unknown>;
    wrong.seed = 'one';
    wrong.verdict = 'maybe';
    wrong.extra = true;
    const problems = problemsOf(JSON.stringify(wrong));
    expect(problems.map((problem) => problem.split(':')[0])).toEqual(
      expect.arrayContaining(['seed', 'verdict', '(top)']),
    );
    expect(problems.join('\n')).toContain('extra');
  });

  it('is named in the message, with each problem on a line', () => {
    const error = new InvalidResultError('a/b.json', ['one', 'two']);
    expect(error.message).toBe('a/b.json is not a usable result:\n  - one\n  - two');
  });
});

describe('the files', () => {
  it('are read with their name in the error, and a missing one is the file system’s error', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'result-'));
    try {
      const file = path.join(folder, 'result.json');
      await expect(readResult(file)).rejects.toMatchObject({ code: 'ENOENT' });
      await writeFile(file, JSON.stringify(seal(small())));
      expect((await readResult(file)).lab).toBe('demo');
      await writeFile(file, '{');
      await expect(readResult(file)).rejects.toThrow(file);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  it('have a JSON Schema that says what is required and allows nothing else', () => {
    const schema = resultJsonSchema() as { required: string[]; additionalProperties: boolean };
    expect(schema.required).toEqual(expect.arrayContaining(Object.keys(seal(small()))));
    expect(schema.additionalProperties).toBe(false);
  });
});
