/**
 * Self-checks: a run doubts itself before it judges anything.
 *
 * Each check compares what independent sources say of the same thing. One that fails makes every claim about that
 * variant inconclusive, because then the machine or the harness, not the subject, made the numbers.
 * Invariant: pure; each check has a made-up observation in the tests on which it fails.
 * Read next: judge.ts.
 */
import { littlesLawSum, type OperationCounts } from '@backend-labs/load';
import { integral, type Observation, type ServiceObservation } from './observation.ts';
import type { SelfCheck } from './result/schema.ts';
import { readable } from './statistics.ts';

/** Two sources of the same integral may differ by this fraction. */
const LITTLE_TOLERANCE = 0.05;
/** Of the wall clock against the monotonic one, over a run. NTP slews by at most 500 ppm, a suspend by seconds. */
const CLOCK_SKEW_MS = 250;

export interface SelfCheckInput {
  observation: Observation<unknown>;
  /** How many operations the schedule holds, computed apart from the generator's process. */
  scheduled: number;
  hops: readonly { from: string; to: string }[];
  resolutionMs: number;
  /** The timeline's planned times, in the order of observation.timeline; null for a fault at an event. */
  plannedAtMs: readonly ({ injectAtMs: number; healAtMs: number } | null)[];
}

/** All checks of one variant's run, each by name. */
export function runSelfChecks(input: SelfCheckInput): SelfCheck[] {
  return [
    conservation(input.observation.load.counts, input.scheduled),
    littlesLaw(input),
    ...input.hops.map((hop) => hopBalance(input.observation, hop)),
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

/**
 * Little's law, L = λW, as areas: in flight as the entry service sampled it, against the times that the client
 * measured, in operation-seconds over the same window. The sources share no code and no process.
 */
export function littlesLaw({ observation, hops }: SelfCheckInput): SelfCheck {
  const entry = hops[0]?.to;
  const gauge = entry === undefined ? undefined : observation.services[entry]?.gauges['http.inFlight'];
  const toMs = observation.load.elapsedMs;
  const expected = littlesLawSum(observation.load.operations, 0, toMs) / 1000;
  const measured = gauge === undefined ? 0 : integral(gauge, { fromMs: 0, toMs }) / 1000;
  const ok = Math.abs(measured - expected) <= LITTLE_TOLERANCE * expected;
  return { name: "Little's law", ok, expected: rounded(expected), measured: rounded(measured) };
}

/**
 * sent = received + refused + cut. A call that was cut may have arrived before or not, so what is missing at the
 * receiver must lie between nothing and the calls cut. Calls to a service that a fault stopped or killed may also
 * vanish after the caller gave up on them.
 */
export function hopBalance(observation: Observation<unknown>, hop: { from: string; to: string }): SelfCheck {
  const name = `hop ${hop.from} → ${hop.to}`;
  const receiver = observation.services[hop.to];
  const sender = senderOf(observation, hop);
  if (receiver === undefined || sender === null) {
    return { name, ok: false, expected: 'both ends counted', measured: 'an end is missing' };
  }
  const missing = sender.sent - sender.refused - receiver.received;
  const explained = sender.cut + (receiver.touchedByFault ? sender.abandoned : 0);
  const expected = `${sender.sent} sent − ${sender.refused} refused − 0…${explained} cut`;
  return { name, ok: missing >= 0 && missing <= explained, expected, measured: receiver.received };
}

function senderOf(observation: Observation<unknown>, hop: { from: string; to: string }) {
  if (hop.from !== 'load')
    return observation.services[hop.from]?.sent[hop.to] ?? { sent: 0, refused: 0, cut: 0, abandoned: 0 };
  const { counts, operations, reasons } = observation.load;
  const sent = operations.startedAtMs.reduce((sum, at) => sum + (Number.isNaN(at) ? 0 : 1), 0);
  return { sent, refused: reasons.ECONNREFUSED ?? 0, cut: counts.lost, abandoned: counts.timeout + counts.inFlight };
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

/** A service that no fault touched was never late by more than the claims' resolution, and did not die. */
export function serviceEventLoop(service: ServiceObservation, resolutionMs: number): SelfCheck {
  const name = `${service.name}'s event loop`;
  const longest = service.stalls.reduce((most, stall) => Math.max(most, stall.durationMs), 0);
  const expected = service.touchedByFault ? 'touched by a fault, not judged' : `≤ ${readable(resolutionMs)} ms`;
  return { name, ok: service.touchedByFault || longest <= resolutionMs, expected, measured: `${readable(longest)} ms` };
}

/** Each fault took effect and was healed, each within the claims' resolution of the planned moment. */
export function faultsTookEffect({ observation, plannedAtMs, resolutionMs }: SelfCheckInput): SelfCheck {
  const late: string[] = [];
  observation.timeline.forEach((entry, index) => {
    const planned = plannedAtMs[index] ?? null;
    if (entry.effectiveAtMs === null) late.push(`${entry.fault} (${entry.trigger}) never took effect`);
    else if (entry.healedAtMs === null) late.push(`${entry.fault} was not healed`);
    else if (planned !== null) {
      const injectLateMs = entry.effectiveAtMs - planned.injectAtMs;
      const healLateMs = entry.healedAtMs - planned.healAtMs;
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

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
