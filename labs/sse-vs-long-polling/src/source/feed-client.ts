/**
 * Hands messages to the feed, one at a time in order of arrival.
 *
 *   waiting → sent → accepted | refused
 *
 * Invariant: what is sent later arrives later, so the feed's order is that of the ids; and no message waits longer than
 * LIMIT_MS in all, so that while a feed is away no more wait than came within that time.
 */
import { monotonicMs } from '@backend-labs/load/clock';
import { Client } from 'undici';
import type { Message } from '../contract.ts';

/** From the message's arrival here to the feed's answer. */
const LIMIT_MS = 1000;

export interface FeedClient {
  /** Null when the feed has accepted it, else why it has not. What is given up may still reach the feed. */
  publish(message: Message): Promise<string | null>;
  close(): Promise<void>;
}

export function createFeedClient(feedUrl: string): FeedClient {
  const { origin } = new URL(feedUrl);
  // One connection. A refused one is opened anew with the next message.
  const client = new Client(origin, { pipelining: 1, connect: { timeout: LIMIT_MS } });
  let last: Promise<unknown> = Promise.resolve();

  async function send(message: Message, deadlineAtMs: number): Promise<string | null> {
    const leftMs = Math.floor(deadlineAtMs - monotonicMs());
    if (leftMs <= 0) return `the feed at ${origin} has not taken the messages before it within ${LIMIT_MS} ms`;
    try {
      const { statusCode, body } = await client.request({
        method: 'POST',
        path: '/control/messages',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(message),
        signal: AbortSignal.timeout(leftMs),
      });
      const said = await body.text();
      return statusCode === 202 ? null : `the feed at ${origin} answered ${statusCode}: ${said.slice(0, 200)}`;
    } catch (error) {
      const { name, message: why } = error as Error;
      return name === 'TimeoutError'
        ? `the feed at ${origin} has not answered within ${LIMIT_MS} ms`
        : `the feed at ${origin} is away: ${why}`;
    }
  }

  return {
    publish(message) {
      const deadlineAtMs = monotonicMs() + LIMIT_MS;
      const mine = last.then(() => send(message, deadlineAtMs));
      last = mine;
      return mine;
    },
    close: () => client.destroy(),
  };
}
