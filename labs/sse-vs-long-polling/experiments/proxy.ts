/**
 * proxy-…: nginx stands between subscribers and the feed.
 *
 * A proxy is made to take an answer off a server's hands as a whole. A stream is an answer that does not end.
 * Read next: ../../../docs/notes/nginx-and-proxies.md.
 */
import { atLeast, atMost, eventsIn, experiment, never } from '@backend-labs/experiment';
import { idOf, type PushObservation } from './arrivals.ts';
import { commonFacts, delaysOf, missingIn, plots, quantile, wholeRun } from './measures.ts';
import { SUBSCRIBERS } from './names.ts';
import { nginxWith } from './nginx.ts';
import { type StandParameters, standWith, usual } from './stand.ts';
import { warmUpUnheard } from './warm-up.ts';

/** Beside its text: what is around it in an event, and the id. */
const FRAME_BYTES = 60;
const parameters = { ...usual, durationMs: 4000, pageBytes: 4096, pollMs: 1000 };
type ProxyParameters = typeof parameters;

const BUFFERS = [`proxy_buffer_size ${parameters.pageBytes};`, `proxy_buffers 8 ${parameters.pageBytes};`];
/** Half of the messages of a page wait for half of the time that it takes to fill: a half of that is far from nothing. */
const HELD_SHARE = 0.25;

const pageMs = ({ ratePerSecond, messageBytes, pageBytes }: ProxyParameters) =>
  (1000 * pageBytes) / (ratePerSecond * (messageBytes + FRAME_BYTES));

const medianDelay = (observation: PushObservation) => quantile(delaysOf(observation), 0.5);

const properties = {
  'is held back': atLeast<ProxyParameters>({
    description: 'Messages wait in the proxy until a buffer is full',
    kind: 'characteristic',
    unit: 'ms',
    formula: 'a quarter of what it takes to fill a page',
    bound: (given) => HELD_SHARE * pageMs(given),
    measure: medianDelay,
  }),
  'passes at once': atMost<ProxyParameters>({
    description: 'Messages pass the proxy as they come',
    kind: 'guarantee',
    unit: 'ms',
    formula: 'a quarter of what it takes to fill a page',
    bound: (given) => HELD_SHARE * pageMs(given),
    measure: medianDelay,
  }),
};

const buffering = nginxWith(['proxy_http_version 1.0;', ...BUFFERS]);
const asItComes = nginxWith(BUFFERS);
const compressing = nginxWith([
  'proxy_http_version 1.1;',
  'gzip on;',
  'gzip_proxied any;',
  'gzip_min_length 0;',
  'gzip_types text/event-stream;',
]);
const HASTY_MS = 500;
const hasty = nginxWith(['proxy_http_version 1.1;', 'proxy_buffering off;', `proxy_read_timeout ${HASTY_MS}ms;`]);

const common = { parameters, quick: {}, timeline: () => [], facts: commonFacts, plots, needs: { nginx: 1 } };

export const proxyBuffers = experiment({
  ...standWith({ proxy: buffering }),
  prepare: buffering.prepare,
  ...common,
  question: 'nginx speaks HTTP/1.0 to the feed, and buffers. When do messages arrive?',
  properties,
  claims: [
    {
      id: 'buffering-holds-streams-back',
      statement: 'Over HTTP/1.0 nginx gives a stream on by the page.',
      property: 'is held back',
      variant: 'sse',
      control: 'sse-resume',
    },
    {
      id: 'one-header-cures-it',
      statement: 'A feed that says X-Accel-Buffering: no is not buffered.',
      property: 'passes at once',
      variant: 'sse-resume',
      control: 'sse',
    },
  ],
});

const FIRST_WITHOUT = [1, 29, 7] as const;

/** Why the claim about newer ones cannot be judged here; null if it can. */
function tooOld(version: string | undefined): string | null {
  const found = /(\d+)\.(\d+)\.(\d+)/.exec(version ?? '');
  if (found === null) return 'the version of nginx is not known';
  const difference = FIRST_WITHOUT.map((part, index) => Number(found[index + 1]) - part).find((one) => one !== 0) ?? 0;
  return difference >= 0 ? null : `${version} speaks HTTP/1.0 by default; 1.1 is the default from 1.29.7 on`;
}

export const proxyDefault = experiment({
  ...standWith({ proxy: asItComes }),
  prepare: asItComes.prepare,
  ...common,
  question: 'nginx with its own defaults: when do messages arrive?',
  properties,
  claims: [
    {
      id: 'newer-nginx-passes-streams',
      statement: 'From 1.29.7 on nginx speaks HTTP/1.1 by default, and a stream passes without a setting.',
      property: 'passes at once',
      variant: 'sse',
      control: 'short-poll-1s',
      skip: ({ versions }) => tooOld(versions.nginx),
    },
  ],
});

/** Nearly all: the last block of the compressed stream may just have been written. */
const NEARLY_ALL = 0.9;

const shareMissing = (observation: PushObservation): number | null => {
  const due = observation.load.counts.ok * observation.parameters.subscribers;
  return due === 0 ? null : missingIn(observation).length / due;
};

export const proxyGzip = experiment({
  ...standWith({ proxy: compressing }),
  ...common,
  prepare: compressing.prepare,
  warmUp: warmUpUnheard,
  question: 'nginx compresses what subscribers accept compressed, and a stream does not end. When do messages arrive?',
  properties: {
    'is kept by the compressor': atLeast<StandParameters>({
      description: 'Messages stay in the compressor for as long as the stream lasts',
      kind: 'characteristic',
      unit: 'of what was due, missing',
      bound: () => NEARLY_ALL,
      measure: shareMissing,
    }),
    'comes through compressed': never<StandParameters>({
      description: 'Messages come through the compressor',
      kind: 'guarantee',
      what: 'message that a subscriber did not get while its stream was open',
      chance: 'a message that was due at a subscriber',
      find: (observation) => ({
        ids: missingIn(observation).map(idOf),
        chances: observation.load.counts.ok * observation.parameters.subscribers,
      }),
    }),
  },
  claims: [
    {
      id: 'gzip-keeps-a-stream',
      statement: 'A proxy that compresses waits for enough to compress, over HTTP/1.1 as well.',
      property: 'is kept by the compressor',
      variant: 'sse',
      control: 'sse-resume',
    },
    {
      id: 'the-header-cures-gzip-too',
      statement: 'X-Accel-Buffering: no makes nginx empty the compressor with each message.',
      property: 'comes through compressed',
      variant: 'sse-resume',
      control: 'sse',
    },
  ],
});

export const proxyReadTimeout = experiment({
  ...standWith({ proxy: hasty }),
  prepare: hasty.prepare,
  ...common,
  question: 'nginx gives up on what is silent for half a second. Whose stream lasts?',
  parameters: { ...parameters, ratePerSecond: 1, subscribers: 20, heartbeatMs: 150, hastyMs: HASTY_MS },
  properties: {
    'stays connected': never<ProxyParameters>({
      description: 'A stream without messages is not ended by the proxy',
      kind: 'guarantee',
      what: 'stream that had to be opened again',
      chance: 'a second between two messages, a subscriber',
      find(observation) {
        const again = eventsIn(observation.services[SUBSCRIBERS]?.events['push.requested'], wholeRun(observation));
        const { subscribers, durationMs } = observation.parameters;
        return { ids: again.map((atMs) => `at ${Math.round(atMs)} ms`), chances: (subscribers * durationMs) / 1000 };
      },
    }),
  },
  claims: [
    {
      id: 'heartbeats-keep-a-stream',
      statement: 'A comment now and then keeps a silent stream open.',
      property: 'stays connected',
      variant: 'sse-resume',
      control: 'sse',
    },
  ],
});
