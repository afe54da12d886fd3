/**
 * What stands in every experiment of this lab: load → source → feed ← link ← subscribers.
 *
 *   λ ratePerSecond   n subscribers   w offlineMs   k ringSize   r reconnectMs
 *
 * The load publishes, the subscribers live in a process of their own and keep the ledger. The link between them and the
 * feed counts bytes and can be cut, for all of them at the same moment.
 * Invariant: all variants get the same processes with the same settings; only the variant's file differs.
 * Read next: arrivals.ts (what was published, and who got it), steady.ts (the first experiment).
 */
import type { ServiceDefinition, UrlOf } from '@backend-labs/experiment';
import type { OperationSpec } from '@backend-labs/load';
import { ledger, witnesses } from './arrivals.ts';
import { FEED, LINK, SECOND_FEED, SOURCE, STALLED, SUBSCRIBERS } from './names.ts';
import type { Nginx } from './nginx.ts';
import { warmUp } from './warm-up.ts';

/** Numbers that every experiment sets. */
export type StandParameters = Record<
  | 'ratePerSecond'
  | 'durationMs'
  | 'patienceMs'
  | 'subscribers'
  | 'stalled'
  | 'messageBytes'
  | 'ringSize'
  | 'maxBufferedBytes'
  | 'reconnectMs'
  | 'quietMs',
  number
> & {
  /** Between two signs of life of a stream; the feed's own value unless told. */
  heartbeatMs?: number;
};

/** What an experiment has unless it says otherwise. */
export const usual = {
  ratePerSecond: 20,
  durationMs: 3000,
  patienceMs: 2000,
  subscribers: 50,
  /** Further ones, whose process an experiment stops. */
  stalled: 0,
  messageBytes: 100,
  ringSize: 1000,
  maxBufferedBytes: 1_000_000,
  reconnectMs: 200,
  /** So long after the last arrival nothing is on its way any more: longer than any poll. */
  quietMs: 1100,
};

const numbers = (values: Record<string, number>) =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));

interface StandOptions {
  /** False: subscribers connect to the feed itself. */
  isLinked?: boolean;
  /** Two servers that share a history in Redis: the source publishes to the first, half of the subscribers are at the second, which reaches Redis through this proxy. */
  redisLink?: string | undefined;
  /** nginx, in the place of the link. */
  proxy?: Nginx | undefined;
  /** Subscribers are the streams of a page in a browser. */
  browser?: boolean;
  /** What subscribers connect to speaks TLS. */
  tls?: boolean | undefined;
}

/** Subscribers connect to them in turn. */
function targetsOf({ isLinked = true, redisLink, proxy }: StandOptions): string[] {
  if (redisLink !== undefined) return [FEED, SECOND_FEED];
  return [isLinked && proxy === undefined ? LINK : FEED];
}

function feed(
  name: string,
  {
    parameters,
    variantFile,
    redis,
    proxy,
    tls = false,
  }: { parameters: StandParameters; variantFile: string; redis?: string | undefined } & Pick<
    StandOptions,
    'proxy' | 'tls'
  >,
): ServiceDefinition {
  const { ringSize, maxBufferedBytes, reconnectMs, heartbeatMs } = parameters;
  return {
    name,
    entry: 'src/feed/main.ts',
    environment: (_, access) => ({
      VARIANT_FILE: variantFile,
      ...(redis === undefined ? {} : { REDIS_URL: access.urlOf(redis), DATA_NAME: access.dataName }),
      ...numbers({
        RING_SIZE: ringSize,
        MAX_BUFFERED_BYTES: maxBufferedBytes,
        RECONNECT_MS: reconnectMs,
        FEED_TLS: tls ? 1 : 0,
        ...(heartbeatMs === undefined ? {} : { HEARTBEAT_MS: heartbeatMs }),
        ...(proxy === undefined ? {} : { PUBLIC_PORT: proxy.feedPort() }),
      }),
    }),
    watch: { records: ['push.memory'] },
  };
}

function subscribersOf(
  name: string,
  count: number,
  {
    variantFile,
    parameters,
    isLinked = true,
    redisLink,
    proxy,
  }: { variantFile: string; parameters: StandParameters } & StandOptions,
): ServiceDefinition {
  return {
    name,
    entry: 'src/subscribers/main.ts',
    environment: (urlOf, access) => ({
      VARIANT_FILE: variantFile,
      ...(proxy === undefined
        ? { TARGET_URLS: targetsOf({ isLinked, redisLink }).map(urlOf).join() }
        : { PUBLIC_URLS: access.urlOf('nginx-1') }),
      ...numbers({
        SUBSCRIBERS: count,
        FIRST_SUBSCRIBER: name === STALLED ? parameters.subscribers : 0,
        RECONNECT_MS: parameters.reconnectMs,
      }),
    }),
    watch: { events: ['push.requested'] },
  };
}

/** In the place of the others, under the same name: whoever asks for the ledger asks the same questions. */
function browserOf(count: number, options: StandOptions): ServiceDefinition {
  const [target = FEED] = targetsOf(options);
  return {
    name: SUBSCRIBERS,
    entry: 'src/browser/main.ts',
    environment: (urlOf) => ({ TARGET_URL: urlOf(target), ...numbers({ SUBSCRIBERS: count }) }),
  };
}

function servicesOf(parameters: StandParameters, variantFile: string, options: StandOptions): ServiceDefinition[] {
  const { subscribers, stalled, messageBytes } = parameters;
  const given = { variantFile, parameters, ...options };
  return [
    feed(FEED, {
      parameters,
      variantFile,
      redis: options.redisLink === undefined ? undefined : 'redis-1',
      proxy: options.proxy,
      tls: options.tls,
    }),
    ...(options.redisLink === undefined
      ? []
      : [feed(SECOND_FEED, { parameters, variantFile, redis: options.redisLink })]),
    {
      name: SOURCE,
      entry: 'src/source/main.ts',
      environment: (urlOf) => ({ FEED_URL: urlOf(FEED), ...numbers({ MESSAGE_BYTES: messageBytes }) }),
    },
    ...(!targetsOf(options).includes(LINK)
      ? []
      : [
          {
            name: LINK,
            entry: 'src/link/main.ts',
            environment: (urlOf: UrlOf) => ({ FEED_URL: urlOf(FEED) }),
            watch: { events: ['push.connected'], records: ['push.bytes'] },
          },
        ]),
    options.browser === true ? browserOf(subscribers, options) : subscribersOf(SUBSCRIBERS, subscribers, given),
    ...(stalled === 0 ? [] : [subscribersOf(STALLED, stalled, given)]),
  ];
}

const operation = ({ urlOf }: { urlOf: UrlOf }): OperationSpec => ({
  kind: 'http',
  method: 'POST',
  url: `${urlOf(SOURCE)}/messages/{id}`,
});

/** The parts of an experiment's definition that all of this lab's have in common. */
export function standWith(options: StandOptions = {}) {
  return {
    services: ({ parameters, variantFile }: { parameters: StandParameters; variantFile: string }) =>
      servicesOf(parameters, variantFile, options),
    operation,
    warmUp,
    // What a feed gets are requests of subscribers, through the link; by id it is the ledger that counts them.
    hops: [{ from: 'load', to: SOURCE }],
    workload: ({ ratePerSecond, durationMs, patienceMs }: StandParameters) => ({
      arrivals: 'constant' as const,
      ratePerSecond,
      durationMs,
      timeoutMs: patienceMs,
    }),
    witnesses,
    ledger,
    resolutionMs: () => 100,
  };
}
