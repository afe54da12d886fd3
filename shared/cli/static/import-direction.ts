/**
 * Imports point one way: labs → shared; inside shared: cli → report → experiment → load, service. Never lab → lab,
 * never shared → labs, k6 scripts import k6 only, and nothing reaches into another package past its exports. The testbed
 * is for tests: of labs, and of nothing that it stands on itself.
 *
 * A scan of the specifiers is enough: TypeScript 7 has no API to ask, and dependency-cruiser would be a second resolver
 * to configure for six rules. What it cannot see is a computed `import(variable)`.
 */
import { glob, readFile } from 'node:fs/promises';
import { join, posix, relative, sep } from 'node:path';

export interface ForbiddenImport {
  /** Relative to the clone, with forward slashes. */
  file: string;
  line: number;
  specifier: string;
  rule: string;
}

/** What each shared package may import, by the name after `@backend-labs/`. */
const BELOW: Record<string, readonly string[]> = {
  cli: ['report', 'experiment', 'load', 'ledger', 'stack', 'service'],
  report: ['experiment'],
  experiment: ['load', 'ledger', 'stack', 'service'],
  // load: what a bench is.
  stack: ['load', 'service'],
  testbed: ['stack', 'service', 'load'],
  ledger: [],
  load: [],
  service: [],
};

const OURS = '@backend-labs/';
/** `import … from 'x'`, `export … from 'x'`, `import 'x'`, `import('x')`; formatted code starts them on a new line. */
const SPECIFIER = /(?:^\s*(?:import|export)\s(?:[^'"`;]*?\sfrom\s)?\s*|\bimport\(\s*)(['"])([^'"\n]+)\1/gm;

/** Which package a file belongs to: `shared/load`, `labs/redis-lock`, `k6`; null for files at the top. */
function packageOf(file: string): string | null {
  const [group, name, ...rest] = file.split('/');
  if (group === 'k6') return 'k6';
  return (group === 'shared' || group === 'labs') && rest.length > 0 ? `${group}/${name}` : null;
}

/** The rule that importing `specifier` from `file` (relative, forward slashes) breaks; null if it may. */
export function brokenRule(file: string, specifier: string): string | null {
  const home = packageOf(file);
  if (home === null) return null;
  if (home === 'k6') return k6Rule(specifier, file);
  if (specifier.startsWith('.')) {
    const path = posix.join(posix.dirname(file), specifier);
    const target = packageOf(path);
    // A test may borrow what the tests of a package below it have made; no package exports that.
    const bothTests = file.startsWith(`${home}/test/`) && path.startsWith(`${target}/test/`);
    const borrowed = bothTests && BELOW[home.slice('shared/'.length)]?.includes(target?.slice('shared/'.length) ?? '');
    return target === home || borrowed
      ? null
      : `a relative import stays in its package (${home}); import the other by its name`;
  }
  if (specifier.startsWith(OURS)) {
    const target = specifier.slice(OURS.length).split('/')[0] ?? '';
    if (target.startsWith('lab-')) return home.startsWith('labs/') ? 'never lab → lab' : 'never shared → labs';
    if (home.startsWith('labs/')) {
      const mayTest = target !== 'testbed' || file.startsWith(`${home}/test/`);
      return mayTest ? null : 'only tests import the testbed';
    }
    const own = home.slice('shared/'.length);
    if (own === target || BELOW[own]?.includes(target)) return null;
    return `${own} may import ${BELOW[own]?.join(', ') || 'none of our packages'}, not ${target}`;
  }
  const isDefinition = /^labs\/[^/]+\/lab\.ts$/.test(file);
  if (isDefinition && !specifier.startsWith('node:')) {
    return 'lab.ts imports no client library, so that list and doctor work without any server';
  }
  return null;
}

function k6Rule(specifier: string, file: string): string | null {
  if (specifier === 'k6' || specifier.startsWith('k6/')) return null;
  const inside = specifier.startsWith('.') && packageOf(posix.join(posix.dirname(file), specifier)) === 'k6';
  return inside ? null : 'k6 scripts speak HTTP only and import k6 and each other';
}

/** Every forbidden import of one source text. */
export function forbiddenImports(file: string, source: string): ForbiddenImport[] {
  const found: ForbiddenImport[] = [];
  for (const match of source.matchAll(SPECIFIER)) {
    const specifier = match[2] ?? '';
    const rule = brokenRule(file, specifier);
    if (rule === null) continue;
    const line = source.slice(0, match.index + match[0].length).split('\n').length;
    found.push({ file, line, specifier, rule });
  }
  return found;
}

/** Every forbidden import below `home`, by file and line. */
export async function checkImportDirection(home: string): Promise<ForbiddenImport[]> {
  const found: ForbiddenImport[] = [];
  const sources = glob(['shared/**/*.{ts,js,mjs}', 'labs/**/*.{ts,js,mjs}', 'k6/**/*.{ts,js}'], {
    cwd: home,
    exclude: (name) => name === 'node_modules' || name.endsWith(`${sep}node_modules`),
  });
  for await (const path of sources) {
    const file = relative(home, join(home, path)).split(sep).join('/');
    found.push(...forbiddenImports(file, await readFile(join(home, path), 'utf8')));
  }
  return found.sort((a, b) => a.file.localeCompare(b.file) || a.line - b.line);
}
