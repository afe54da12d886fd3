/** What `up` and `status` print. Pure. */
import { formatBytes, inClone } from '../disk-use.ts';
import type { EntryHealth } from './health.ts';
import { folderOf, type UpState } from './up-folder.ts';

/** Rows with their columns under each other. */
export function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => row[column]?.length ?? 0)));
  return rows.map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
}

/** Where everything is, one thing to try, and how to stop. */
export function renderUp(state: UpState): string {
  const { lab, experiment, variant, entries, dataName, example } = state;
  return [
    `${lab} is up: experiment ${experiment}, variant ${variant}`,
    '',
    ...columns([...entries.map(({ kind, name, url }) => [kind, name, url]), ['logs', '', asTyped(folderOf(lab))]]),
    '',
    ...(dataName === null ? [] : [`Its database, keys, topics and queues begin with ${dataName}`]),
    ...(example === null ? [] : [`Try:   ${example}`]),
    `Logs:  ./lab logs ${lab} --follow`,
    `Stop:  ./lab down ${lab}`,
    '',
  ].join('\n');
}

/** Relative to the clone if it lies in it. */
function asTyped(path: string): string {
  const relative = inClone(path);
  return relative.startsWith('..') ? path : relative;
}

/** The same for scripts. */
export function upAsJson(state: UpState): object {
  const { lab, experiment, variant, variantFile, provider, since, keeper, dataName, entries, example } = state;
  return {
    lab,
    experiment,
    variant,
    variantFile,
    provider,
    since,
    keeperPid: keeper.pid,
    dataName,
    entries: entries.map(({ kind, name, url, process }) => ({ kind, name, url, pid: process?.pid ?? null })),
    example,
    logs: folderOf(lab),
    stop: `./lab down ${lab}`,
  };
}

/** One lab as it is now. */
export function renderStatus(state: UpState, health: readonly EntryHealth[]): string {
  const { lab, experiment, variant, since } = state;
  // In the words of ISO 8601, in the reader's own time zone.
  const sinceHere = new Date(since).toLocaleString('sv-SE');
  const rows = health.map(({ kind, name, url, pid, condition, memoryBytes }) => [
    kind,
    name,
    condition,
    pid === null ? '' : `pid ${pid}`,
    memoryBytes === null ? '' : formatBytes(memoryBytes),
    url,
  ]);
  return [`${lab}: experiment ${experiment}, variant ${variant}, since ${sinceHere}`, ...columns(rows), ''].join('\n');
}
