import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './temporary-folder.ts';

const PRINT_LABS = join(import.meta.dirname, 'fixtures/print-labs.ts');
const ENGINE = pathToFileURL(join(import.meta.dirname, '../index.ts')).href;

/** A lab.ts that keeps every rule. Line 14 is its claim, line 10 its fault. */
const GOOD = `import { defineLab } from '${ENGINE}';

const property = { description: '', kind: 'guarantee', predicted: () => '', judge: () => {} };

export default defineLab({
  name: 'shop',
  question: 'Is an order lost?',
  needs: {},
  variants: { broken: { file: 'b.ts', summary: '' }, fixed: { file: 'f.ts', summary: '' } },
  faults: { crash: { inject: async () => {}, heal: async () => {} } },
  experiments: {
    orders: {
      claims: [
        { id: 'kept', statement: 's', property: 'no loss', variant: 'fixed', control: 'broken' },
      ],
      parameters: {},
      quick: {},
      hops: [{ from: 'load', to: 'shop' }],
      properties: { 'no loss': property },
      workload: () => ({ ratePerSecond: 1, durationMs: 1000 }),
      timeline: () => [{ fault: 'crash', atMs: 100, healAtMs: 200 }],
    },
  },
  headlineClaim: 'kept',
} as never);
`;

interface Printed {
  name: string;
  loaded?: string;
  problem: string | null;
}

/** Loads labs by Node itself, in a process of its own: how it reports a syntax error is part of what is tested. */
async function load(labs: Record<string, string>): Promise<Printed[]> {
  using folder = temporaryFolder();
  folder.write('package.json', '{ "type": "module" }');
  for (const [name, text] of Object.entries(labs)) folder.write(join('labs', name, 'lab.ts'), text);
  const { stdout } = await promisify(execFile)(process.execPath, [PRINT_LABS, join(folder.path, 'labs')]);
  return (JSON.parse(stdout) as Printed[]).map((lab) => ({
    ...lab,
    problem: lab.problem?.replaceAll(folder.path, '…') ?? null,
  }));
}

const problemOf = async (text: string) => (await load({ shop: text }))[0]?.problem;

describe('a lab.ts', () => {
  it('that keeps the rules is loaded', async () => {
    expect(await load({ shop: GOOD })).toEqual([{ name: 'shop', loaded: 'shop', problem: null }]);
  });

  it('that throws is named with the line and what it threw', async () => {
    const text = `import 'node:fs';\n\nthrow new RangeError('no such rate\\nsecond line');\n`;
    expect(await problemOf(text)).toBe('…/labs/shop/lab.ts:3: RangeError: no such rate');
  });

  it('that throws something that is no error is named all the same', async () => {
    expect(await problemOf(`throw 'a text';\n`)).toBe('…/labs/shop/lab.ts: Error: a text');
  });

  it('that has a syntax error is named with the line', async () => {
    expect(await problemOf(`const a = 1;\n\nconst = 2;\n`)).toMatch(/^…\/labs\/shop\/lab\.ts:3: SyntaxError: /);
  });

  it('that imports what is not there is named with what is missing', async () => {
    const problem = await problemOf(`\nimport './src/measures.ts';\nexport default {};\n`);
    expect(problem).toMatch(/^…\/labs\/shop\/lab\.ts(:\d+)?: Error: Cannot find module .*measures\.ts/);
  });

  it('that breaks a rule is named with the line of the place and the rule', async () => {
    expect(await problemOf(GOOD.replace(", control: 'broken'", ''))).toBe(
      '…/labs/shop/lab.ts:14: it breaks a rule: claim "kept" has no control: it could not fail',
    );
    expect(await problemOf(GOOD.replace(', heal: async () => {}', ''))).toBe(
      '…/labs/shop/lab.ts:10: it breaks a rule: fault "crash" has no heal: every fault is healed',
    );
    expect(await problemOf(GOOD.replace(`headlineClaim: 'kept'`, `headlineClaim: 'fast'`))).toBe(
      '…/labs/shop/lab.ts:24: it breaks a rule: headlineClaim "fast" is no claim',
    );
  });

  it('that exports no lab is told what to export', async () => {
    const said = '…/labs/shop/lab.ts: it does not default-export defineLab({...})';
    expect(await problemOf(GOOD.replace('export default', 'export const lab ='))).toBe(said);
    expect(await problemOf('export default { name: "shop" };\n')).toBe(said);
    expect(await problemOf('export default null;\n')).toBe(said);
    expect(await problemOf('')).toBe(said);
  });

  it('that has another name than its folder is told both', async () => {
    const [lab] = await load({ store: GOOD });
    expect(lab?.problem).toBe('…/labs/store/lab.ts: it is named "shop", its folder "store"');
  });
});

describe('the labs of a folder', () => {
  it('load although one of them cannot, in the order of their names', async () => {
    const labs = await load({ throws: 'throw new Error("no");\n', shop: GOOD, cuts: 'export default {' });
    expect(labs.map(({ name, loaded, problem }) => [name, loaded ?? null, problem === null])).toEqual([
      ['cuts', null, false],
      ['shop', 'shop', true],
      ['throws', null, false],
    ]);
  });

  it('are those that have a lab.ts', async () => {
    expect(await load({ 'notes/README': '' })).toEqual([]);
  });
});
