/**
 * Adds a package to pnpm-lock.yaml without asking the registry.
 *
 * pnpm itself resolves every direct dependency of the workspace again when a package is new, and needs the registry for
 * that. A package that depends only on ours and on the catalog has nothing to resolve: the versions stand in the lock
 * already. `pnpm install --frozen-lockfile --offline` afterwards checks the entry.
 */
import { posix } from 'node:path';

const OURS = '@backend-labs/';

/**
 * The lock file's text with an importer for `folder` (relative to the clone, forward slashes), unchanged if there is
 * one. Versions of the catalog are those of the other importers. Returns null if the lock does not know a version, so
 * that only the registry can say.
 */
export function addImporter(lock: string, folder: string, dependencies: Record<string, string>): string | null {
  // The lock is two documents; the first holds pnpm's own packages.
  const start = lock.lastIndexOf('\nimporters:\n\n') + '\nimporters:\n\n'.length;
  const end = lock.indexOf('\npackages:\n', start);
  if (end < start) return null;
  const importers = lock
    .slice(start, end)
    .trimEnd()
    .split(/\n\n(?= {2}\S)/);
  if (importers.some((entry) => keyOf(entry) === folder)) return lock;
  const lines = [`  ${folder}:`, '    dependencies:'];
  for (const [name, specifier] of Object.entries(dependencies).sort(([a], [b]) => (a < b ? -1 : 1))) {
    const version = lockedVersion(importers, folder, name, specifier);
    if (version === null) return null;
    lines.push(`      ${quoted(name)}:`, `        specifier: ${quoted(specifier)}`, `        version: ${version}`);
  }
  const sorted = [...importers, lines.join('\n')].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
  return `${lock.slice(0, start)}${sorted.join('\n\n')}\n${lock.slice(end)}`;
}

function keyOf(entry: string): string {
  return entry.trimStart().split(':')[0] ?? '';
}

/** As pnpm writes it: `workspace:*` is plain, a scope or a colon at the end needs quotes. */
function quoted(text: string): string {
  return text.startsWith('@') || text.endsWith(':') ? `'${text}'` : text;
}

function lockedVersion(importers: readonly string[], folder: string, name: string, specifier: string): string | null {
  if (specifier.startsWith('workspace:')) {
    return name.startsWith(OURS) ? `link:${posix.relative(folder, `shared/${name.slice(OURS.length)}`)}` : null;
  }
  const head = `      ${quoted(name)}:\n        specifier: ${quoted(specifier)}\n        version: `;
  const entry = importers.find((importer) => importer.includes(head));
  return entry?.slice(entry.indexOf(head) + head.length).split('\n')[0] ?? null;
}
