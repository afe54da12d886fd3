import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';
import { brokenRule, checkImportDirection, forbiddenImports } from '../static/import-direction.ts';

test.each([
  ['labs/a/src/x.ts', '@backend-labs/service'],
  ['labs/a/lab.ts', '@backend-labs/experiment'],
  ['labs/a/test/x.test.ts', '@backend-labs/testbed'],
  ['shared/testbed/servers.ts', '@backend-labs/stack'],
  ['labs/a/lab.ts', './src/measures.ts'],
  ['labs/a/lab.ts', 'node:path'],
  ['labs/a/src/x.ts', 'opossum'],
  ['shared/cli/verbs/run.ts', '@backend-labs/report'],
  ['shared/report/index.ts', '@backend-labs/experiment/result'],
  ['shared/experiment/shell/x.ts', '@backend-labs/load'],
  ['shared/experiment/shell/x.ts', '../judge.ts'],
  ['shared/experiment/test/x.test.ts', '@backend-labs/experiment'],
  ['shared/cli/test/x.test.ts', '../../report/test/made-up.ts'],
  ['k6/breaker.ts', 'k6/http'],
  ['k6/breaker.ts', './lib/targets.ts'],
  ['vitest.config.ts', 'vitest/config'],
])('%s may import %s', (file, specifier) => {
  expect(brokenRule(file, specifier)).toBeNull();
});

test.each([
  ['labs/a/src/x.ts', '../../b/src/y.ts', 'stays in its package'],
  ['labs/a/src/x.ts', '@backend-labs/lab-b', 'never lab → lab'],
  ['shared/cli/labs.ts', '../../labs/a/lab.ts', 'stays in its package'],
  ['shared/experiment/x.ts', '@backend-labs/lab-a', 'never shared → labs'],
  ['shared/experiment/x.ts', '@backend-labs/report', 'not report'],
  ['shared/load/x.ts', '@backend-labs/experiment', 'none of our packages'],
  ['shared/cli/x.ts', '../report/index.ts', 'stays in its package'],
  ['shared/cli/x.ts', '../report/test/made-up.ts', 'stays in its package'],
  ['shared/report/test/x.test.ts', '../../cli/test/made-up.ts', 'stays in its package'],
  ['labs/a/src/x.ts', '@backend-labs/testbed', 'only tests'],
  ['labs/a/lab.ts', '@backend-labs/testbed', 'only tests'],
  ['shared/testbed/x.ts', '@backend-labs/experiment', 'not experiment'],
  ['shared/stack/test/x.test.ts', '@backend-labs/testbed', 'not testbed'],
  ['labs/a/lab.ts', 'opossum', 'imports no client library'],
  ['k6/breaker.ts', '../shared/load/plan.ts', 'HTTP only'],
  ['k6/breaker.ts', 'undici', 'HTTP only'],
])('%s may not import %s', (file, specifier, rule) => {
  expect(brokenRule(file, specifier)).toContain(rule);
});

test('every form of import is found, with its line', () => {
  const source = [
    "import a from '@backend-labs/cli';",
    'import {',
    '  b,',
    "} from '@backend-labs/report';",
    "export * from '@backend-labs/experiment';",
    "import '@backend-labs/lab-x';",
    "const late = await import('@backend-labs/ledger');",
    "import type { T } from '@backend-labs/stack';",
    "// import c from '@backend-labs/cli'",
    "const text = 'from @backend-labs/cli';",
  ].join('\n');
  expect(forbiddenImports('shared/load/x.ts', source).map(({ line, specifier }) => [line, specifier])).toEqual([
    [1, '@backend-labs/cli'],
    [4, '@backend-labs/report'],
    [5, '@backend-labs/experiment'],
    [6, '@backend-labs/lab-x'],
    [7, '@backend-labs/ledger'],
    [8, '@backend-labs/stack'],
  ]);
});

test('a whole clone is searched, without what was installed in it', async () => {
  const home = mkdtempSync(join(tmpdir(), 'imports-'));
  try {
    for (const file of ['labs/a/src/deep/x.ts', 'shared/load/node_modules/y/z.ts', 'shared/load/ok.ts']) {
      mkdirSync(join(home, dirname(file)), { recursive: true });
      writeFileSync(join(home, file), "\nimport '@backend-labs/lab-b';\n");
    }
    writeFileSync(join(home, 'shared/load/ok.ts'), "import 'undici';\n");
    const found = await checkImportDirection(home);
    expect(found).toEqual([
      { file: 'labs/a/src/deep/x.ts', line: 2, specifier: '@backend-labs/lab-b', rule: 'never lab → lab' },
    ]);
  } finally {
    rmSync(home, { recursive: true });
  }
});
