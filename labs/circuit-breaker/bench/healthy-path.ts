/**
 * What each policy costs on a call that succeeds: time, CPU, allocated bytes.
 *
 * Passes over all policies alternate in direction (ABBA), a new process for each policy in each: a machine that gets
 * slower meets all of them alike, and what V8 decided in one process does not decide the figure.
 * Read next: healthy-main.ts (how a process measures), shared/load/bench/child.ts (why processes).
 */
import { join } from 'node:path';
import type { BenchContext, BenchPart, BenchTable } from '@backend-labs/load';
import { measureInChild } from '@backend-labs/load/bench/child';
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import lab from '../lab.ts';
import type { HealthyMeasurement, HealthyTask } from './healthy-main.ts';

/** A typical call of this lab: its service time in most experiments. */
const TYPICAL_CALL_NS = 20_000_000;
/** Of a typical call. The dearest policy needs a small part of it; a sort of a full window would need ten times it. */
const MOST_PERCENT = 1;

/** The rows: each variant of the lab, and two breakers beside them. Name and file. */
function policies(): [string, string][] {
  return [
    ...Object.entries(lab.variants).map(([name, { file }]): [string, string] => [
      name,
      join(import.meta.dirname, '..', file),
    ]),
    ['opossum with percentiles', join(import.meta.dirname, 'breaker-with-percentiles.ts')],
    ['cockatiel breaker', join(import.meta.dirname, 'cockatiel-breaker.ts')],
  ];
}

interface Cost {
  name: string;
  ns: number;
  cpuNs: number;
  bytes: number;
}

/** Measures one policy in a process of its own, which collects garbage when it wants to. */
export function measureHealthy(task: HealthyTask, signal: AbortSignal): Promise<HealthyMeasurement> {
  const file = join(import.meta.dirname, 'healthy-main.ts');
  return measureInChild<HealthyMeasurement>(file, task, { signal, nodeFlags: ['--expose-gc'] });
}

/** The table, then the parts (a) cheap beside a call, (c) allocations without a collection. */
export async function benchHealthyPath({ quick, signal, log }: BenchContext) {
  const passes = quick ? 1 : 4;
  const plan: Omit<HealthyTask, 'policyFile'> = quick
    ? { warmUpCalls: 3000, bursts: 3, allocationRounds: 5 }
    : { warmUpCalls: 20_000, bursts: 10, allocationRounds: 15 };
  const rows = policies();
  const measured = new Map<string, HealthyMeasurement[]>(rows.map(([name]) => [name, []]));
  for (let pass = 0; pass < passes; pass++) {
    log(`healthy path: ${rows.length} policies, pass ${pass + 1} of ${passes}`);
    for (const [name, policyFile] of pass % 2 === 0 ? rows : rows.toReversed()) {
      const task: HealthyTask = { ...plan, policyFile };
      measured.get(name)?.push(await measureHealthy(task, signal));
    }
  }
  const costs = [...measured].map(
    ([name, runs]): Cost => ({
      name,
      ns: medianOf(runs.flatMap((run) => run.ns)),
      cpuNs: medianOf(runs.map((run) => run.cpuNs)),
      bytes: medianOf(runs.flatMap((run) => run.bytes)),
    }),
  );
  return {
    table: tableOf(costs),
    parts: [cheapBesideACall(costs), withoutCollection([...measured.values()].flat(), plan.allocationRounds)] as const,
  };
}

function tableOf(costs: readonly Cost[]): BenchTable {
  const none = costs.find(({ name }) => name === 'none') as Cost;
  return {
    title:
      'Cost of a call that succeeds, closed loop, one call at a time: ns until its answer, CPU ns with what follows it ' +
      `(timers that fire, garbage collection), bytes allocated; Node ${process.version}`,
    columns: ['policy', 'ns', 'above none', 'CPU ns', 'above none', 'bytes', 'above none'],
    rows: costs.map((cost) => [
      cost.name,
      ...(['ns', 'cpuNs', 'bytes'] as const).flatMap((unit) => [
        rounded(cost[unit]),
        cost === none ? '–' : rounded(cost[unit] - none[unit]),
      ]),
    ]),
  };
}

/** The larger of both times: a preempted process shows in ns, a policy that leaves its work for later in CPU ns. */
function cheapBesideACall(costs: readonly Cost[]): BenchPart {
  const [dearest] = costs
    .map(({ name, ns, cpuNs }) => ({ name, percent: (100 * Math.max(ns, cpuNs)) / TYPICAL_CALL_NS }))
    .toSorted((a, b) => b.percent - a.percent);
  return {
    name: '(a) each policy is cheap beside a call',
    met: dearest !== undefined && dearest.percent < MOST_PERCENT,
    detail:
      `the dearest, ${dearest?.name}, costs ${dearest?.percent.toPrecision(2)} % of a call of ` +
      `${TYPICAL_CALL_NS / 1e6} ms; wanted below ${MOST_PERCENT} %`,
  };
}

function withoutCollection(runs: readonly HealthyMeasurement[], wanted: number): BenchPart {
  const counted = runs.reduce((sum, { bytes }) => sum + bytes.length, 0);
  const discarded = runs.reduce((sum, { roundsWithGc }) => sum + roundsWithGc, 0);
  const outside = Math.max(0, ...runs.map(({ externalBytes }) => medianOf(externalBytes)));
  return {
    name: '(c) allocations were measured without a garbage collection',
    met: runs.every(({ bytes }) => bytes.length === wanted),
    detail:
      `${counted} rounds counted of ${runs.length * wanted} wanted, ${discarded} more discarded because V8 collected ` +
      `in them; outside of V8's heap at most ${rounded(outside)} bytes a call`,
  };
}
