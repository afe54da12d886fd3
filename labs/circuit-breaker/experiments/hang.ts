/**
 * hang: a dependency stops answering for a while. Who holds how many requests, and who still sends it more?
 *
 * The hang delays each call and holds nothing at the dependency; it lasts more than 3 × hangMs, so that what is in
 * flight has settled. Read next: cascade.ts (the same with a limit at the gateway), errors.ts.
 */
import {
  atMost,
  eventsIn,
  experiment,
  faultSpan,
  highestMean,
  mean,
  near,
  type Observation,
  readable,
  type Span,
  serviceOf,
} from '@backend-labs/experiment';
import { arrivals, asked, openedAt, percentOf, requestsIn, rounded, TOLERANCE } from './measures.ts';
import { stand, workloadOf } from './stand.ts';

const parameters = {
  ratePerSecond: 200,
  cataloguePerSecond: 20,
  serviceMs: 20,
  timeoutMs: 500,
  windowMs: 2000,
  errorThreshold: 0.5,
  resetMs: 1000,
  hangMs: 1500,
  hangAtMs: 2500,
  healAtMs: 8500,
  durationMs: 10_500,
};
type HangParameters = typeof parameters;
type HangObservation = Observation<HangParameters>;

/** A peak is the highest mean over this long. */
const PEAK_MS = 250;

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
const worked = (observation: HangObservation) => meanWhileSettled(observation, 'dependency', 'calls');

function heldAtMost(observation: HangObservation): number | null {
  const span = faultSpan(observation, 'hang');
  return span && highestMean(serviceOf(observation, 'gateway').gauges['http.inFlight'], span, PEAK_MS);
}

const openingMs = ({ timeoutMs, errorThreshold, windowMs }: HangParameters) => timeoutMs + errorThreshold * windowMs;

function opened(observation: HangObservation): number | null {
  const span = faultSpan(observation, 'hang');
  return span && openedAt(observation, span);
}

/**
 * Calls that reached the dependency while it was open, or while it should have been; null if it did not hang. Without
 * an opening, the whole hang after T + p·W is looked at: by then it should have been open.
 */
function callsWhileOpen(observation: HangObservation): number[] | null {
  const hang = faultSpan(observation, 'hang');
  const at = opened(observation);
  // The first arrival of the open span is the call after which it opened.
  if (hang && at !== null) return eventsIn(arrivals(observation), { fromMs: at, toMs: hang.toMs }).slice(1);
  const fromMs = (hang?.fromMs ?? 0) + openingMs(observation.parameters);
  return hang && eventsIn(arrivals(observation), { fromMs, toMs: hang.toMs });
}

/**
 * How late a send or a process may be before a run says nothing. A fifth of the shortest time in play: late by that
 * much and short of a bucket of the window, an opening on schedule still lies within its tolerance.
 */
const resolutionMs = ({ timeoutMs, resetMs }: HangParameters) => Math.min(timeoutMs, resetMs) / 5;

const nearHang = {
  kind: 'characteristic' as const,
  unit: 'requests',
  tolerance: TOLERANCE,
  formula: 'λ · (hang + service)',
  predict: ({ ratePerSecond, hangMs, serviceMs }: HangParameters) => requestsIn(ratePerSecond, hangMs + serviceMs),
  absentMeans: 'the fault never took effect',
};

export const hang = experiment({
  ...stand,
  question: 'A dependency stops answering for a while. Who holds how many requests, and who still sends it more?',
  parameters,
  // λ·W stays above 100 and the window is full before the fault: with fewer calls in it, when the breaker opens is
  // a matter of luck.
  quick: {
    ratePerSecond: 150,
    cataloguePerSecond: 15,
    timeoutMs: 300,
    windowMs: 700,
    resetMs: 400,
    hangMs: 600,
    hangAtMs: 800,
    healAtMs: 2700,
    durationMs: 3100,
  },
  workload: (given) => workloadOf(given, 3 * (given.hangMs + given.serviceMs)),
  timeline: ({ hangAtMs, healAtMs }) => [{ fault: 'hang', atMs: hangAtMs, healAtMs }],
  resolutionMs,
  properties: {
    'gateway holds λ·hang': near<HangParameters>({
      ...nearHang,
      description: 'While the dependency hangs, the gateway holds λ · (hang + service) requests',
      measure: held,
    }),
    'gateway holds λ·T': near<HangParameters>({
      description: 'While the dependency hangs, the gateway holds λ · T requests',
      kind: 'characteristic',
      unit: 'requests',
      tolerance: TOLERANCE,
      formula: 'λ · T',
      predict: ({ ratePerSecond, timeoutMs }) => requestsIn(ratePerSecond, timeoutMs),
      measure: held,
      absentMeans: 'the fault never took effect',
    }),
    'gateway holds at most λ·T': atMost<HangParameters>({
      description: 'While the dependency hangs, the gateway holds at most λ · T requests',
      kind: 'guarantee',
      unit: 'requests',
      formula: `${1 + TOLERANCE} · λ · T`,
      bound: ({ ratePerSecond, timeoutMs }) => (1 + TOLERANCE) * requestsIn(ratePerSecond, timeoutMs),
      // Over the whole hang: a policy may be at its worst before it has settled.
      measure: heldAtMost,
    }),
    'dependency works on λ·hang': near<HangParameters>({
      ...nearHang,
      description: 'While it hangs, the dependency works on λ · (hang + service) requests',
      measure: worked,
    }),
    /**
     * A call counts in the window from its start, and as failed T later. t after the hang began, the calls of the last
     * t are in the window and those older than T have failed, so of W's worth of calls (t − T)/W have: p at T + p·W.
     */
    'opens at T + p·W': near<HangParameters>({
      description: 'The breaker opens T + p·W after the dependency began to hang',
      kind: 'guarantee',
      unit: 'ms',
      tolerance: TOLERANCE,
      formula: 'T + p·W',
      predict: openingMs,
      measure(observation) {
        const at = opened(observation);
        const span = faultSpan(observation, 'hang');
        return at === null || span === null ? null : at - span.fromMs;
      },
      absentMeans: 'it never opened: calls kept arriving',
      evidence(observation) {
        const at = opened(observation);
        return [
          `the hang took effect at ${readable(faultSpan(observation, 'hang')?.fromMs ?? Number.NaN)} ms`,
          at === null
            ? 'no pause of R/2 in the arrivals'
            : `the last call before the pause arrived at ${readable(at)} ms`,
        ];
      },
    }),
    /**
     * A number within a bound, and not "never a second call": all calls of one open time share its fate, so they would
     * not be independent chances.
     */
    'one probe per R + T': atMost<HangParameters>({
      description: 'While open, at most one call reaches the dependency in any R + T',
      kind: 'guarantee',
      unit: 'call(s) in any R + T',
      bound: () => 1,
      measure(observation) {
        const { resetMs, timeoutMs } = observation.parameters;
        const times = callsWhileOpen(observation);
        // A probe that arrived late, as late as a sound run allows, shortens the time to the next one.
        const widthMs = resetMs + timeoutMs - resolutionMs(observation.parameters);
        return (
          times && Math.max(0, ...times.map((fromMs) => eventsIn(times, { fromMs, toMs: fromMs + widthMs }).length))
        );
      },
      evidence: (observation) =>
        (callsWhileOpen(observation) ?? []).map((at) => `a call arrived at ${readable(at)} ms`),
    }),
  },
  claims: [
    {
      id: 'no-timeout-holds-the-hang',
      statement: 'Without a timeout, the gateway holds λ·hang requests: the dependency decides how many.',
      property: 'gateway holds λ·hang',
      variant: 'none',
      control: 'timeout',
    },
    {
      id: 'timeout-bounds-the-gateway',
      statement: 'With a timeout, the gateway holds λ·T requests, however long the dependency hangs.',
      property: 'gateway holds λ·T',
      variant: 'timeout',
      control: 'none',
    },
    {
      id: 'timeout-does-not-relieve-the-dependency',
      statement: 'A timeout does not relieve the dependency: it works on λ·hang requests, as without one.',
      property: 'dependency works on λ·hang',
      variant: 'timeout',
      control: 'breaker',
    },
    {
      id: 'breaker-bounds-the-gateway',
      statement: 'With a breaker, the gateway holds at most λ·T requests.',
      property: 'gateway holds at most λ·T',
      variant: 'breaker',
      control: 'none',
    },
    {
      id: 'breaker-opens-on-schedule',
      statement: 'The breaker opens T + p·W after the dependency hangs: not at once, and not by luck.',
      property: 'opens at T + p·W',
      variant: 'breaker',
      control: 'timeout',
    },
    {
      id: 'breaker-probes-once',
      statement: 'While the breaker is open, at most one probe per R + T reaches the dependency.',
      property: 'one probe per R + T',
      variant: 'breaker',
      control: 'timeout',
    },
  ],
  facts(observation) {
    const span = faultSpan(observation, 'hang');
    const at = opened(observation);
    return {
      'held by the gateway': rounded(held(observation)),
      'held by the gateway at most': rounded(heldAtMost(observation)),
      'worked on by the dependency': rounded(worked(observation)),
      'calls reaching the dependency in the hang': span && eventsIn(arrivals(observation), span).length,
      'opened after (ms)': at === null || span === null ? null : rounded(at - span.fromMs),
      'probes while open': at === null ? null : (callsWhileOpen(observation)?.length ?? null),
      'unrelated endpoint served in the hang (%)':
        span && rounded(percentOf(asked(observation, span, 'catalogue'), 'ok')),
    };
  },
  plots: [
    { series: 'gateway.http.inFlight', title: 'Requests that the gateway holds', unit: 'requests' },
    { series: 'dependency.calls', title: 'Requests that the dependency works on', unit: 'requests' },
    { series: 'dependency.circuit-breaker.call-arrived', title: 'Calls that reach the dependency', unit: 'per 250 ms' },
  ],
});
