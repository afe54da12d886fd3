/**
 * What this lab measures, and the properties it asks of each measure.
 *
 * All of it is seen from outside: arrivals at the dependency, requests in flight at the gateway. Nothing is read from
 * a breaker's own state or statistics, so a policy of the reader's is judged by the same means.
 * Invariant: a span starts when the fault took effect, not when it was planned.
 */
import {
  atMost,
  eventsIn,
  faultSpan,
  firstGap,
  highestMean,
  mean,
  near,
  type Observation,
  readable,
  type Span,
  serviceOf,
} from '@backend-labs/experiment';

export type HangParameters = Record<
  | 'ratePerSecond'
  | 'serviceMs'
  | 'timeoutMs'
  | 'windowMs'
  | 'errorThreshold'
  | 'resetMs'
  | 'hangMs'
  | 'hangAtMs'
  | 'healAtMs'
  | 'durationMs',
  number
>;
type HangObservation = Observation<HangParameters>;

const ARRIVED = 'circuit-breaker.work-started';
const TOLERANCE = 0.15;
/** A peak is the highest mean over this long. */
const PEAK_MS = 250;

const perSecond = (rate: number, durationMs: number) => (rate * durationMs) / 1000;

/** The hang, without its beginning: what is in flight grows for hangMs and then stays. */
function settled(observation: HangObservation): Span | null {
  const span = faultSpan(observation, 'hang');
  return span && { fromMs: span.fromMs + observation.parameters.hangMs, toMs: span.toMs };
}

function meanWhileSettled(observation: HangObservation, service: string, gauge: string): number | null {
  const span = settled(observation);
  return span && mean(serviceOf(observation, service).gauges[gauge], span);
}

const held = (observation: HangObservation) => meanWhileSettled(observation, 'gateway', 'http.inFlight');
const heldAtMost = (observation: HangObservation) => {
  const span = faultSpan(observation, 'hang');
  return span && highestMean(serviceOf(observation, 'gateway').gauges['http.inFlight'], span, PEAK_MS);
};
const worked = (observation: HangObservation) => meanWhileSettled(observation, 'dependency', 'working');
const arrivals = (observation: HangObservation) => serviceOf(observation, 'dependency').events[ARRIVED];

const hangPrediction = {
  unit: 'requests',
  tolerance: TOLERANCE,
  formula: 'λ · (hang + service)',
  predict: ({ ratePerSecond, hangMs, serviceMs }: HangParameters) => perSecond(ratePerSecond, hangMs + serviceMs),
  absentMeans: 'the fault never took effect',
};

export const gatewayInFlight = {
  nearHang: near<HangParameters>({
    description: 'While the dependency hangs, the gateway holds λ · (hang + service) requests',
    kind: 'characteristic',
    measure: held,
    ...hangPrediction,
  }),
  nearTimeout: near<HangParameters>({
    description: 'While the dependency hangs, the gateway holds λ · T requests',
    kind: 'characteristic',
    unit: 'requests',
    tolerance: TOLERANCE,
    formula: 'λ · T',
    predict: ({ ratePerSecond, timeoutMs }) => perSecond(ratePerSecond, timeoutMs),
    measure: held,
    absentMeans: 'the fault never took effect',
  }),
  atMostTimeout: atMost<HangParameters>({
    description: 'While the dependency hangs, the gateway holds at most λ · T requests',
    kind: 'guarantee',
    unit: 'requests',
    formula: `${1 + TOLERANCE} · λ · T`,
    bound: ({ ratePerSecond, timeoutMs }) => (1 + TOLERANCE) * perSecond(ratePerSecond, timeoutMs),
    // Over the whole hang: a policy may be at its worst before it has settled.
    measure: heldAtMost,
  }),
};

export const dependencyInFlight = {
  nearHang: near<HangParameters>({
    description: 'While it hangs, the dependency works on λ · (hang + service) requests',
    kind: 'characteristic',
    measure: worked,
    ...hangPrediction,
  }),
};

/**
 * When calls stopped arriving at the dependency: the last arrival before the first pause of R/2. Closed, arrivals are
 * 1/λ apart; open, they are at least R apart.
 */
function openedAt(observation: HangObservation): number | null {
  const span = faultSpan(observation, 'hang');
  return span && firstGap(arrivals(observation), span, observation.parameters.resetMs / 2);
}

/** From the opening until the fault is healed: from then on a probe may succeed. */
function openSpan(observation: HangObservation): Span | null {
  const fromMs = openedAt(observation);
  const toMs = faultSpan(observation, 'hang')?.toMs;
  return fromMs === null || toMs === undefined ? null : { fromMs, toMs };
}

const openingMs = ({ timeoutMs, errorThreshold, windowMs }: HangParameters) => timeoutMs + errorThreshold * windowMs;

/** Calls that reached the dependency while it was open, or while it should have been; null if it did not hang. */
function callsWhileOpen(observation: HangObservation): number[] | null {
  const open = openSpan(observation);
  // The first arrival of the open span is the call after which it opened.
  if (open !== null) return eventsIn(arrivals(observation), open).slice(1);
  const hang = faultSpan(observation, 'hang');
  const fromMs = (hang?.fromMs ?? 0) + openingMs(observation.parameters);
  return hang && eventsIn(arrivals(observation), { fromMs, toMs: hang.toMs });
}

/**
 * A call counts in the window from its start, and as failed T later. t after the hang began, the calls of the last t
 * are in the window and those older than T have failed, so of W's worth of calls (t − T)/W have: p at t = T + p·W.
 */
export const opening = near<HangParameters>({
  description: 'The breaker opens T + p·W after the dependency began to hang',
  kind: 'guarantee',
  unit: 'ms',
  tolerance: TOLERANCE,
  formula: 'T + p·W',
  predict: openingMs,
  measure(observation) {
    const opened = openedAt(observation);
    const span = faultSpan(observation, 'hang');
    return opened === null || span === null ? null : opened - span.fromMs;
  },
  absentMeans: 'it never opened: calls kept arriving',
  evidence: (observation) => {
    const hang = faultSpan(observation, 'hang');
    const opened = openedAt(observation);
    return [
      `the hang took effect at ${readable(hang?.fromMs ?? Number.NaN)} ms`,
      opened === null
        ? 'no pause of R/2 in the arrivals'
        : `the last call before the pause arrived at ${readable(opened)} ms`,
    ];
  },
});

/**
 * How late a send or a process may be before a run says nothing. A fifth of the shortest time in play: late by that
 * much and short of a bucket of the window, an opening on schedule still lies within its tolerance.
 */
export const resolutionMs = ({ timeoutMs, resetMs }: HangParameters) => Math.min(timeoutMs, resetMs) / 5;

/**
 * The most calls that reached the dependency within any R + T while the breaker was open. Without an opening, the
 * whole hang after T + p·W is looked at: by then it should have been open.
 *
 * A number within a bound, and not "never a second call": all calls of one open time share its fate, so they would
 * not be independent chances.
 */
export const probes = atMost<HangParameters>({
  description: 'While open, at most one call reaches the dependency in any R + T',
  kind: 'guarantee',
  unit: 'call(s) in any R + T',
  bound: () => 1,
  measure(observation) {
    const { resetMs, timeoutMs } = observation.parameters;
    const times = callsWhileOpen(observation);
    // A probe that arrived late, as late as a sound run allows, shortens the time to the next one.
    const windowMs = resetMs + timeoutMs - resolutionMs(observation.parameters);
    return times && Math.max(0, ...times.map((fromMs) => eventsIn(times, { fromMs, toMs: fromMs + windowMs }).length));
  },
  evidence: (observation) => (callsWhileOpen(observation) ?? []).map((at) => `a call arrived at ${readable(at)} ms`),
});

/** The row of a variant in the table. */
export function hangFacts(observation: HangObservation): Record<string, number | null> {
  const span = faultSpan(observation, 'hang');
  const open = openSpan(observation);
  const rounded = (value: number | null) => (value === null ? null : Number(value.toPrecision(3)));
  return {
    'held by the gateway': rounded(held(observation)),
    'held by the gateway at most': rounded(heldAtMost(observation)),
    'worked on by the dependency': rounded(worked(observation)),
    'calls reaching the dependency in the hang': span && eventsIn(arrivals(observation), span).length,
    'opened after (ms)': open && span && rounded(open.fromMs - span.fromMs),
    'probes while open': open && (callsWhileOpen(observation)?.length ?? null),
  };
}
