/**
 * Part (a): does the client add time of its own?
 *
 * The server holds each request 50 ms and says how long it held it by its own clock; what the client measured beyond
 * that is the client's, the kernel's and the scheduler's. Ours counts from the intended start, so its timer's lag is
 * in it; k6's counts from the actual start and leaves its own lag out.
 */
import { percentilesOf } from '../percentiles.ts';
import type { BenchContext, BenchPart, BenchTable } from './contract.ts';
import { medianOf } from './figures.ts';
import type { K6 } from './k6.ts';
import { runK6, runOurs, shown, warmServer } from './measure.ts';
import { type BenchServer, startServer } from './processes.ts';

const RATES = [10, 100, 1000];
const HOLD_MS = 50;
const P50_LIMIT_MS = 2;
const P99_ABOVE_K6_MS = 5;

export async function benchHolding(context: BenchContext, k6: K6 | null): Promise<[BenchTable, BenchPart]> {
  const { quick, signal, log } = context;
  await using server = await startServer('hold', signal);
  await warmServer(server, signal);
  await server.ask('/control/held'); // and forgets what it held
  const rows: BenchTable['rows'] = [];
  const failures: string[] = [];
  for (const ratePerSecond of RATES) {
    const load = { ratePerSecond, durationMs: quick ? 3000 : 10_000, holdMs: HOLD_MS };
    const ours: { p50: number; p99: number }[] = [];
    const theirs: { p50: number; p99: number }[] = [];
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      log(`a: ${ratePerSecond}/s against a server that holds ${HOLD_MS} ms, round ${round + 1}`);
      ours.push(await beyondServer(context, server, load));
      if (k6 !== null) theirs.push((await runK6(context, k6, server, load)).report.beyondServerMs);
    }
    const p50 = medianOf(ours.map((one) => one.p50));
    const p99 = medianOf(ours.map((one) => one.p99));
    const k6P50 = medianOf(theirs.map((one) => one.p50));
    const k6P99 = medianOf(theirs.map((one) => one.p99));
    rows.push([ratePerSecond, shown(p50), shown(p99), shown(k6P50), shown(k6P99)]);
    if (p50 > P50_LIMIT_MS) failures.push(`p50 ${shown(p50)} ms at ${ratePerSecond}/s`);
    if (p99 > k6P99 + P99_ABOVE_K6_MS) {
      failures.push(`p99 ${shown(p99)} ms at ${ratePerSecond}/s, k6's ${shown(k6P99)} ms`);
    }
  }
  const rule = `p50 ≤ ${P50_LIMIT_MS} ms, p99 at most ${P99_ABOVE_K6_MS} ms above k6's`;
  const without = k6 === null ? ' (p99 not judged: no k6)' : '';
  return [
    {
      title: `(a) Latency beyond what the server itself held, ms; the server holds ${HOLD_MS} ms`,
      columns: ['rate /s', 'p50', 'p99', 'k6 p50', 'k6 p99'],
      rows,
    },
    {
      name: '(a) adds no time of its own',
      met: failures.length === 0,
      detail: (failures.length === 0 ? rule : `${failures.join('; ')}; wanted ${rule}`) + without,
    },
  ];
}

async function beyondServer(
  context: BenchContext,
  server: BenchServer,
  load: { ratePerSecond: number; durationMs: number; holdMs: number },
): Promise<{ p50: number; p99: number }> {
  const { report } = await runOurs(context, server, load);
  const held = new Map(await server.ask<[string, number][]>('/control/held'));
  const { endedAtMs, intendedAtMs } = report.operations;
  return percentilesOf(
    endedAtMs.map((endedAt, row) => endedAt - (intendedAtMs[row] as number) - (held.get(String(row)) ?? Number.NaN)),
  );
}
