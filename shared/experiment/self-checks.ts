/**
 * Self-checks: a run doubts itself before it judges anything.
 *
 * Each check compares what independent sources say of the same thing. One that fails makes every claim about that
 * variant inconclusive, because then the machine or the harness, not the subject, made the numbers.
 * Invariant: pure; each check has a made-up observation in the tests on which it fails.
 * Read next: judge.ts.
 */
import { littlesLawSum, type OperationCounts } from '@backend-labs/load';
import { integral, type Observation, type ServiceObservation, type Span } from './observation.ts';
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
 *
 * While a fault keeps the entry service stopped or dead, requests wait in the system's queue, which the client counts
 * and the service cannot; that time is left out on both sides.
 */
export function littlesLaw({ observation, hops, resolutionMs }: SelfCheckInput): SelfCheck {
  const entry = observation.services[hops[0]?.to ?? ''];
  const gauge = entry?.gauges['http.inFlight'];
  const spans = undisturbed(observation.load.elapsedMs, entry?.disturbed ?? [], resolutionMs);
  const { operations } = observation.load;
  const total = (area: (span: Span) => number) => spans.reduce((sum, span) => sum + area(span), 0) / 1000;
  const expected = total((span) => littlesLawSum(operations, span.fromMs, span.toMs));
  const measured = gauge === undefined ? 0 : total((span) => integral(gauge, span));
  const ok = Math.abs(measured - expected) <= LITTLE_TOLERANCE * expected;
  return { name: "Little's law", ok, expected: rounded(expected), measured: rounded(measured) };
}

/** The window without the disturbed spans, each longer by what it takes to read what had queued up. */
function undisturbed(elapsedMs: number, disturbed: readonly Span[], resolutionMs: number): Span[] {
  const spans: Span[] = [];
  let fromMs = 0;
  for (const span of disturbed.toSorted((a, b) => a.fromMs - b.fromMs)) {
    if (span.fromMs > fromMs) spans.push({ fromMs, toMs: Math.min(span.fromMs, elapsedMs) });
    fromMs = Math.max(fromMs, span.toMs + resolutionMs);
  }
  if (fromMs < elapsedMs) spans.push({ fromMs, toMs: elapsedMs });
  return spans;
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
  const explained = sender.cut + (receiver.disturbed.length > 0 ? sender.abandoned : 0);
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

function rounded(value: number): number {
  return Math.round(value * 1000) / 1000;
}
