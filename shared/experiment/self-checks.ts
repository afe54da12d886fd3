/**
 * Self-checks: a run doubts itself before it judges anything.
 *
 * Each check compares what independent sources say of the same thing. One that fails makes every claim about that
 * variant inconclusive, because then the machine or the harness, not the subject, made the numbers.
 * Invariant: pure; each check has a made-up observation in the tests on which it fails.
 * Read next: hop-balance.ts and littles-law.ts (two of them), judge.ts.
 */
import type { OperationCounts } from '@backend-labs/load';
import { balancesOf, type Hop, hopBalance } from './hop-balance.ts';
import { littlesLaw } from './littles-law.ts';
import type { Observation, ServiceObservation } from './observation.ts';
import type { SelfCheck } from './result/schema.ts';
import { readable } from './statistics.ts';

/** Of the wall clock against the monotonic one, over a run. NTP slews by at most 500 ppm, a suspend by seconds. */
const CLOCK_SKEW_MS = 250;

export interface SelfCheckInput {
  observation: Observation<unknown>;
  /** How many operations the schedule holds, computed apart from the generator's process. */
  scheduled: number;
  hops: readonly Hop[];
  resolutionMs: number;
  /** The timeline's planned times, in the order of observation.timeline; null for a fault at an event. */
  plannedAtMs: readonly ({ injectAtMs: number; healAtMs: number } | null)[];
}

/** All checks of one variant's run, each by name. */
export function runSelfChecks(input: SelfCheckInput): SelfCheck[] {
  return [
    conservation(input.observation.load.counts, input.scheduled),
    littlesLaw(input),
    ...balancesOf(input.hops).map((hops) => hopBalance(input.observation, hops)),
    sendLag(input),
    generatorEventLoop(input),
    ...Object.values(input.observation.services).map((service) => serviceEventLoop(service, input.resolutionMs)),
    faultsTookEffect(input),
    clocks(input.observation),
  ];
}

/** Every operation of the schedule has exactly one fate. */
export function conservation(counts: OperationCounts, scheduled: number): SelfCheck {
  const { intended, ...fates } = counts;
  const measured = Object.values(fates).reduce((sum, count) => sum + count, 0);
  return { name: 'conservation', ok: measured === scheduled && intended === scheduled, expected: scheduled, measured };
}

/** The generator kept its schedule: no operation started later than the claims' resolution. */
export function sendLag({ observation, resolutionMs }: SelfCheckInput): SelfCheck {
  const measured = observation.load.sendLagMs.max;
  return {
    name: 'send lag (client-bound?)',
    ok: measured <= resolutionMs,
    expected: `≤ ${readable(resolutionMs)} ms`,
    measured: `${readable(measured)} ms`,
  };
}

/** The generator's own event loop was never blocked for longer than the claims' resolution. */
export function generatorEventLoop({ observation, resolutionMs }: SelfCheckInput): SelfCheck {
  const measured = observation.load.eventLoopDelayMs.max;
  return {
    name: "generator's event loop",
    ok: measured <= resolutionMs,
    expected: `≤ ${readable(resolutionMs)} ms`,
    measured: `${readable(measured)} ms`,
  };
}

/** While no fault kept it stopped or dead, the service was never late by more than the claims' resolution. */
export function serviceEventLoop(service: ServiceObservation, resolutionMs: number): SelfCheck {
  const ownStalls = service.stalls.filter(
    ({ atMs, durationMs }) =>
      !service.disturbed.some(({ fromMs, toMs }) => atMs <= toMs + resolutionMs && atMs + durationMs >= fromMs),
  );
  const longest = ownStalls.reduce((most, stall) => Math.max(most, stall.durationMs), 0);
  return {
    name: `${service.name}'s event loop`,
    ok: longest <= resolutionMs,
    expected: `≤ ${readable(resolutionMs)} ms${service.disturbed.length > 0 ? ', outside of its faults' : ''}`,
    measured: `${readable(longest)} ms`,
  };
}

/**
 * Each fault took effect, and its healing was asked for, within the claims' resolution of the planned moment. When it
 * was healed is not held against the plan: healing may be a restart, which takes its time.
 */
export function faultsTookEffect({ observation, plannedAtMs, resolutionMs }: SelfCheckInput): SelfCheck {
  const late: string[] = [];
  observation.timeline.forEach((entry, index) => {
    const planned = plannedAtMs[index] ?? null;
    if (entry.effectiveAtMs === null) late.push(`${entry.fault} (${entry.trigger}) never took effect`);
    else if (entry.healedAtMs === null) late.push(`${entry.fault} was not healed`);
    else if (planned !== null) {
      const injectLateMs = entry.effectiveAtMs - planned.injectAtMs;
      const healLateMs = (entry.healAskedAtMs ?? entry.healedAtMs) - planned.healAtMs;
      if (injectLateMs > resolutionMs) late.push(`${entry.fault} took effect ${readable(injectLateMs)} ms late`);
      if (healLateMs > resolutionMs) late.push(`${entry.fault} was healed ${readable(healLateMs)} ms late`);
    }
  });
  if (observation.timeline.length < plannedAtMs.length) late.push('a planned fault was never asked for');
  return {
    name: 'faults took effect',
    ok: late.length === 0,
    expected: `${plannedAtMs.length} injected and healed on time`,
    measured: late.length === 0 ? 'as planned' : late.join('; '),
  };
}

/** Wall and monotonic clock advanced alike: the machine was not suspended and nobody set its clock. */
export function clocks(observation: Observation<unknown>): SelfCheck {
  const measured = observation.wallClockSkewMs;
  return {
    name: 'clocks',
    ok: Math.abs(measured) <= CLOCK_SKEW_MS,
    expected: `within ${CLOCK_SKEW_MS} ms`,
    measured: `${readable(measured)} ms apart`,
  };
}
