/**
 * A result as text, and the way back from a place in it to a line.
 *
 * Objects are indented, arrays of numbers stand on one line: a committed result of ten seconds would otherwise be
 * thousands of lines of one number each. Invariant: `JSON.parse(serialiseResult(r))` equals `r`.
 */
import type { Result } from '@backend-labs/experiment/result';

function text(value: unknown, indent: string): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value) ?? 'null';
  const deeper = `${indent}  `;
  if (Array.isArray(value)) {
    if (value.length === 0) return '[]';
    const items = value.map((item) => text(item, deeper));
    const flat = value.every((item) => item === null || typeof item === 'number');
    return flat ? `[${items.join(', ')}]` : `[\n${items.map((item) => deeper + item).join(',\n')}\n${indent}]`;
  }
  const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
  if (entries.length === 0) return '{}';
  const lines = entries.map(([key, inner]) => `${deeper}${JSON.stringify(key)}: ${text(inner, deeper)}`);
  return `{\n${lines.join(',\n')}\n${indent}}`;
}

/** The text of result.json and reference.json. */
export function serialiseResult(result: Result): string {
  return `${text(result, '')}\n`;
}

/** Any JSON in the same layout. */
export function serialiseJson(value: unknown): string {
  return `${text(value, '')}\n`;
}

/**
 * The line (from 1) of a problem that parseResult named: "experiments.0.seed: …", "experiments.hang.claims.opens: …".
 * 1 where the file is not laid out as `serialiseResult` does, since then lines cannot be known without a parser.
 */
export function lineOfProblem(source: string, problem: string): number {
  const position = /position (\d+)/.exec(problem)?.[1];
  if (position !== undefined) return source.slice(0, Number(position)).split('\n').length;
  let json: unknown;
  try {
    json = JSON.parse(source);
  } catch {
    return source.split('\n').length; // cut short: where it ends
  }
  if (serialiseJson(json).split('\n').length !== source.split('\n').length) return 1;
  const place = descend(json, problem.split(': ')[0] ?? '');
  if (place === null) return 1;
  const sentinel = '\u0000here';
  place.holder[place.key] = sentinel;
  const before = serialiseJson(json).split(JSON.stringify(sentinel))[0] ?? '';
  return before.split('\n').length;
}

/** The deepest holder and key that a dotted path reaches; array members also by name, name#repeat or id. */
function descend(json: unknown, path: string): { holder: Record<string, unknown>; key: string } | null {
  let found: { holder: Record<string, unknown>; key: string } | null = null;
  let here = json;
  let rest = path;
  while (rest !== '' && here !== null && typeof here === 'object') {
    const holder = here as Record<string, unknown>;
    const step = Object.entries(holder)
      .flatMap(([key, inner]) => names(key, inner, Array.isArray(here)).map((name) => ({ key, name })))
      .filter(({ name }) => rest === name || rest.startsWith(`${name}.`))
      .sort((a, b) => b.name.length - a.name.length)[0];
    if (step === undefined) break;
    found = { holder, key: step.key };
    here = holder[step.key];
    rest = rest.slice(step.name.length + 1);
  }
  return found;
}

function names(key: string, inner: unknown, inArray: boolean): string[] {
  if (!inArray || inner === null || typeof inner !== 'object') return [key];
  const { name, repeat, id } = inner as { name?: unknown; repeat?: unknown; id?: unknown };
  const all = [key, id, name, `${name}#${repeat}`];
  return all.filter((one) => typeof one === 'string');
}
