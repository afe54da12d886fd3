/**
 * Part (c): does the client leave the cores to the system under load, and agree with k6?
 *
 * Requests per second of the client's own CPU time, and the latencies of the same server at the same rate. Ours count
 * from the intended start and k6's from the actual one, so ours carry the send lag; service time stands beside.
 */
import type { BenchContext, BenchPart, BenchTable } from './contract.ts';
import { medianOf } from './figures.ts';
import type { K6 } from './k6.ts';
import { runK6, runOurs, shown, warmServer } from './measure.ts';
import { onPath, runTool, startServer } from './processes.ts';

const RATES = [500, 2000, 4000];
const EFFICIENCY = 1.5;
const LAG_LIMIT_MS = 1;
const CEILING_S = 3;

export async function benchEfficiency(context: BenchContext, k6: K6 | null): Promise<[BenchTable, BenchPart]> {
  const { quick, signal, log } = context;
  await using server = await startServer('plain', signal);
  await warmServer(server, signal);
  const rows: BenchTable['rows'] = [];
  const failures: string[] = [];
  for (const ratePerSecond of RATES) {
    const load = { ratePerSecond, durationMs: quick ? 4000 : 10_000, holdMs: 1 };
    const ours: Awaited<ReturnType<typeof runOurs>>[] = [];
    const theirs: Awaited<ReturnType<typeof runK6>>[] = [];
    for (let round = 0; round < (quick ? 1 : 3); round++) {
      log(`c: ${ratePerSecond}/s, round ${round + 1}`);
      ours.push(await runOurs(context, server, load));
      if (k6 !== null) theirs.push(await runK6(context, k6, server, load));
    }
    const mine = summary(
      ours.map(({ report, requestsPerCpuSecond }) => ({ ...report.latencyMs, requestsPerCpuSecond })),
    );
    const peer = summary(
      theirs.map(({ report, requestsPerCpuSecond }) => ({ ...report.durationMs, requestsPerCpuSecond })),
    );
    const lag = medianOf(ours.map(({ report }) => report.sendLagMs.p50));
    const service = medianOf(ours.map(({ report }) => report.serviceMs.p50));
    const serviceP99 = medianOf(ours.map(({ report }) => report.serviceMs.p99));
    rows.push([
      ratePerSecond,
      ...[
        mine.rate,
        peer.rate,
        mine.rate / peer.rate,
        mine.p50,
        peer.p50,
        mine.p99,
        peer.p99,
        service,
        serviceP99,
        lag,
      ].map(shown),
    ]);
    const at = `at ${ratePerSecond}/s`;
    if (lag > LAG_LIMIT_MS) failures.push(`send lag p50 ${shown(lag)} ms ${at}`);
    if (mine.rate < EFFICIENCY * peer.rate) failures.push(`${shown(mine.rate / peer.rate)} times k6's requests ${at}`);
    if (!agree(mine.p50, peer.p50)) failures.push(`p50 ${shown(mine.p50)} ms, k6's ${shown(peer.p50)} ms ${at}`);
    if (!agree(mine.p99, peer.p99)) failures.push(`p99 ${shown(mine.p99)} ms, k6's ${shown(peer.p99)} ms ${at}`);
    const dropped = theirs.reduce((sum, { report }) => sum + report.dropped, 0);
    if (dropped > 0) log(`c: k6 dropped ${dropped} requests ${at}`);
  }
  const ceiling = await ceilingOf(server.url, signal);
  const rule = `at least ${EFFICIENCY} times k6's requests per CPU second, p50 and p99 within 10 % or 1 ms, send lag p50 ≤ ${LAG_LIMIT_MS} ms`;
  return [
    {
      title: `(c) Requests per second of the client's CPU time, and latency in ms${ceiling}`,
      columns: ['rate /s', 'req/CPU s', 'k6', 'ratio', 'p50', 'k6', 'p99', 'k6', 'service p50', 'p99', 'lag p50'],
      rows,
    },
    {
      name: '(c) costs less than k6 and agrees with it',
      met: failures.length > 0 ? false : k6 === null ? null : true,
      detail:
        failures.length > 0 ? `${failures.join('; ')}; wanted ${rule}` : k6 === null ? 'no k6 to compare with' : rule,
    },
  ];
}

function summary(runs: { p50: number; p99: number; requestsPerCpuSecond: number }[]) {
  return {
    rate: medianOf(runs.map((run) => run.requestsPerCpuSecond)),
    p50: medianOf(runs.map((run) => run.p50)),
    p99: medianOf(runs.map((run) => run.p99)),
  };
}

/** Without a peer (NaN) there is nothing to disagree with. */
function agree(valueMs: number, peerMs: number): boolean {
  return Number.isNaN(peerMs) || Math.abs(valueMs - peerMs) <= Math.max(1, 0.1 * peerMs);
}

/** What the server can do at most, by wrk where it is installed. */
async function ceilingOf(url: string, signal: AbortSignal): Promise<string> {
  const wrk = onPath('wrk');
  if (wrk === null) return '';
  const run = runTool(wrk, ['-t1', '-c32', `-d${CEILING_S}s`, url], { signal, limitMs: CEILING_S * 1000 + 20_000 });
  const rate = /Requests\/sec:\s*([\d.]+)/.exec(await run.finished)?.[1];
  return rate === undefined ? '' : `; the server's ceiling by wrk: ${Math.round(Number(rate))}/s`;
}
