/** The cells of a measurement in a table, and its columns. */
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import type { Measurement } from './contend.ts';

export const percent = (share: number) => (Number.isFinite(share) ? `${Math.round(100 * share)} %` : '–');

/** Cells of one row: for each level cycles/s and p99, then the client's CPU time at the last. Throws if any was refused. */
export function cellsOf(name: string, measured: readonly Measurement[], levels: readonly number[]) {
  const refused = measured.reduce((sum, one) => sum + one.refused, 0);
  if (refused > 0) throw new Error(`${name}: ${refused} updates were refused, on accounts that nobody else wanted`);
  const at = (level: number, of: (one: Measurement) => number) =>
    rounded(medianOf(measured.filter(({ contenders }) => contenders === level).map(of)));
  return [
    ...levels.flatMap((level) => [at(level, (one) => one.cyclesPerSecond), at(level, (one) => one.p99Ms)]),
    at(levels.at(-1) as number, (one) => one.cpuUs),
  ];
}

export const columnsOf = (levels: readonly number[]) => [
  ...levels.flatMap((level) => [`${level}: cycles/s`, 'p99 ms']),
  `${levels.at(-1)}: client CPU µs/cycle`,
];
