/**
 * browser-…: the subscribers are streams of a page in a real browser, which has nothing but EventSource.
 *
 * What the other experiments' subscribers do in code of this lab, a browser does by itself; and it has limits that they
 * have not. Without Chromium on PATH both are skipped.
 * Read next: ../page/page.js, ../src/browser/app.ts.
 */
import { experiment, near, never, type WitnessContext, type WitnessRecord } from '@backend-labs/experiment';
import { findChromium, NO_CHROMIUM } from '../src/browser/find-chromium.ts';
import { arrivalsIn, ask, idOf, type PushObservation, repeatedOf, witnesses } from './arrivals.ts';
import { commonFacts, keptInTheDark, losesNothing, missingIn, plots, publishedDuring } from './measures.ts';
import { SUBSCRIBERS } from './names.ts';
import { type StandParameters, standWith, usual } from './stand.ts';
import { warmUpWhoeverComes } from './warm-up.ts';

/** Before anything is started: the claims are then skipped, with this as the reason. */
async function needChromium(): Promise<void> {
  if (findChromium() !== null) return;
  // Only here: it loads the clients of all servers.
  const { MissingServerError } = await import('@backend-labs/stack');
  throw new MissingServerError(NO_CHROMIUM.what, NO_CHROMIUM.why, NO_CHROMIUM.ways);
}

/** With the browser, which says what it is. */
async function witnessesAndBrowser(
  context: WitnessContext<StandParameters>,
): Promise<Record<'accepted' | 'arrived' | 'told' | 'browser', readonly WitnessRecord[]>> {
  const browser = await ask<{ version: string }>(context.urlOf(SUBSCRIBERS), '/control/browser', context.signal);
  return { ...(await witnesses(context)), browser: [browser] };
}

/** What a browser asks for is not counted, so there are no requests a message. */
function facts(observation: PushObservation): Record<string, number | string | null> {
  const { 'requests a message': _requests, ...others } = commonFacts(observation);
  const version = observation.witnesses.browser?.[0]?.version;
  return { browser: version === undefined ? null : String(version), ...others };
}

export const browserDrop = experiment({
  ...standWith({ browser: true }),
  prepare: needChromium,
  witnesses: witnessesAndBrowser,
  question: 'A page loses its connections for two seconds. What has it got in the end, by EventSource alone?',
  parameters: {
    ...usual,
    // Over HTTP/1.1 a browser opens no more than six to one host.
    subscribers: 4,
    durationMs: 5000,
    cutAtMs: 500,
    healAtMs: 2500,
    // A stream that does not say how long to wait makes Chromium wait for three seconds.
    quietMs: 3500,
  },
  quick: {},
  timeline: ({ cutAtMs, healAtMs }) => [{ fault: 'cutLink' as const, atMs: cutAtMs, healAtMs }],
  properties: {
    'loses nothing': losesNothing({
      fault: 'cutLink',
      description: 'Each stream of the page gets each message once, whatever was published while it was away',
      chance: 'a message that was published while a stream was away',
    }),
  },
  claims: [
    {
      id: 'a-browser-comes-back-by-itself',
      statement: 'A page with nothing but EventSource loses nothing, if the feed has ids and a ring.',
      property: 'loses nothing',
      variant: 'sse-resume',
      control: 'sse',
    },
  ],
  facts: (observation) => ({
    'published in the cut': publishedDuring(observation, 'cutLink')?.size ?? null,
    ...facts(observation),
    'missed something, never told': keptInTheDark(observation).length,
  }),
  plots,
});

const parameters = {
  ...usual,
  subscribers: 10,
  durationMs: 3000,
  /** What browsers have agreed on for HTTP/1.1; no standard says it. */
  connectionsPerHost: 6,
};
type StreamParameters = typeof parameters;

/** Those that got anything in the run. Null without a message. */
function streamsThatGotMessages(observation: PushObservation): number | null {
  const { accepted, bySubscriber } = arrivalsIn(observation);
  return accepted.length === 0 ? null : [...bySubscriber.values()].filter(({ length }) => length > 0).length;
}

export const browserStreams = experiment({
  // All of it over TLS, also HTTP/1.1: without it no browser speaks HTTP/2.
  ...standWith({ browser: true, isLinked: false, tls: true }),
  prepare: needChromium,
  witnesses: witnessesAndBrowser,
  warmUp: warmUpWhoeverComes,
  question: 'A page opens ten streams to one host. How many of them get messages?',
  parameters,
  quick: {},
  timeline: () => [],
  properties: {
    'stops at six': near<StreamParameters>({
      description: 'A browser opens six connections to a host, and further streams wait for one of them to end',
      kind: 'characteristic',
      unit: 'streams that got messages',
      formula: 'connections that a browser opens to one host',
      tolerance: 0,
      predict: ({ connectionsPerHost }) => connectionsPerHost,
      measure: streamsThatGotMessages,
      absentMeans: 'no message',
    }),
    'carries all': never<StreamParameters>({
      description: 'Each stream of the page gets each message once',
      kind: 'guarantee',
      what: 'message that a stream never got, or got twice',
      chance: 'a message, a stream',
      find(observation) {
        const arrivals = arrivalsIn(observation);
        const wrong = [...missingIn(observation), ...repeatedOf(arrivals)];
        return { ids: wrong.map(idOf), chances: arrivals.accepted.length * observation.parameters.subscribers };
      },
    }),
  },
  claims: [
    {
      id: 'http1-stops-at-six',
      statement: 'Over HTTP/1.1 a browser opens six streams to one host, and the seventh waits.',
      property: 'stops at six',
      variant: 'sse-resume',
      control: 'sse-http2',
    },
    {
      id: 'http2-carries-all',
      statement: 'Over HTTP/2 all of them share one connection, and none waits.',
      property: 'carries all',
      variant: 'sse-http2',
      control: 'sse-resume',
    },
  ],
  facts(observation) {
    // Without a link nobody has counted bytes.
    const { 'bytes a message': _bytes, ...others } = facts(observation);
    return { 'streams that got messages': streamsThatGotMessages(observation), ...others };
  },
  plots,
});
