/**
 * What a variant gets in a subscriber: the ways to ask a feed, and where to put what came.
 *
 * Invariant: when the subscriber's signal aborts, all that is open ends at once: waits return, all else throws the
 * signal's reason. Each subscriber has connections of its own, but for HTTP/2.
 * Read next: ../contract.ts (what each member promises), get.ts, event-stream.ts, http2-session.ts, web-socket.ts.
 */
import { channel } from 'node:diagnostics_channel';
import { Agent } from 'node:http';
import type { Message, SubscriberContext } from '../contract.ts';
import { openEventStream } from './event-stream.ts';
import { get } from './get.ts';
import { openEventStreamOverHttp2, shareSession } from './http2-session.ts';
import { lifetimeOf } from './lifetime.ts';
import { seededRandom } from './random.ts';
import { openWebSocket } from './web-socket.ts';

/** Announced with each request that a subscriber sends. Nobody listens unless a harness is there. */
const requested = channel('push.requested');

export interface SubscriberOptions {
  /** Where the feed is: an http url, without a path. */
  url: string;
  onMessage: (message: Message) => void;
  onHistoryLost: () => void;
  settings: SubscriberContext['settings'];
  /** Any integer, another for each subscriber. */
  seed: number;
  signal: AbortSignal;
}

/** Throws TypeError if `url` is none, or no http one. Asks nothing yet. */
export function createSubscriberContext(options: SubscriberOptions): SubscriberContext {
  const { onMessage, onHistoryLost, settings, seed, signal } = options;
  const url = new URL(options.url);
  if (url.protocol !== 'http:') throw new TypeError(`a feed's url must begin with http://, received ${options.url}`);
  const lifetime = lifetimeOf(signal);
  // Kept alive, so a poller goes on with its connection; its own, so that a thousand pollers are as many connections.
  const agent = new Agent({ keepAlive: true, maxSockets: Number.POSITIVE_INFINITY });
  lifetime.onEnd(() => agent.destroy());
  const origin = { agent, hostname: url.hostname, port: url.port || '80' };
  let shared: ReturnType<typeof shareSession> | undefined;

  const begin = () => {
    signal.throwIfAborted();
    requested.publish({});
  };
  return {
    url: url.origin,
    deliver(message) {
      if (!Number.isInteger(message.id))
        throw new TypeError(`a message's id must be an integer, received ${message.id}`);
      onMessage(message);
    },
    historyLost: onHistoryLost,
    settings,
    random: seededRandom(seed),
    wait: (limitMs) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve();
        const timer = setTimeout(() => {
          forget();
          resolve();
        }, limitMs);
        const forget = lifetime.onEnd(() => {
          clearTimeout(timer);
          resolve();
        });
      }),
    async get(path, headers = {}) {
      begin();
      return get(origin, path, headers, lifetime);
    },
    // Asked for when it is read, so that what goes wrong is thrown where it is read.
    eventStream: (path, headers = {}) => ({
      [Symbol.asyncIterator]() {
        begin();
        return openEventStream(origin, path, headers, lifetime);
      },
    }),
    eventStreamOverHttp2: (path, headers = {}) => ({
      [Symbol.asyncIterator]() {
        begin();
        shared ??= shareSession(url.origin, lifetime);
        return openEventStreamOverHttp2(shared, url.origin, path, headers, lifetime);
      },
    }),
    webSocket: (path) => ({
      [Symbol.asyncIterator]() {
        begin();
        return openWebSocket(`ws://${url.host}${path}`, lifetime);
      },
    }),
    signal,
  };
}
