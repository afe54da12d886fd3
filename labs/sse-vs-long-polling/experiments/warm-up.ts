/**
 * Before the load: some messages, so that all are connected, and all processes have done it before.
 *
 * Invariant: ids of the warm-up are no part of the run (names.ts).
 * Read next: stand.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { UrlOf } from '@backend-labs/experiment';
import { FEED, SOURCE, STALLED, SUBSCRIBERS, WARM_UP_FROM } from './names.ts';

const FEWEST_MESSAGES = 5;
/** For each thousand subscribers: what a message takes to reach them, and more. */
const LOOK_EVERY_MS = 20;
/** Streams of one page open together; whoever has not come by then waits for another one to go. */
const NOBODY_NEW_MS = 1000;

interface Counts {
  reached: number;
  least: number;
}

interface WarmUpContext {
  urlOf: UrlOf;
  parameters: { subscribers: number; stalled: number };
  signal: AbortSignal;
}

async function publish({ urlOf, signal }: WarmUpContext, sent: number): Promise<void> {
  const response = await fetch(new URL(`/messages/${WARM_UP_FROM + sent}`, urlOf(SOURCE)), { method: 'POST', signal });
  await response.arrayBuffer();
}

async function countsOf<T>({ urlOf, signal }: WarmUpContext, name: string): Promise<T> {
  const response = await fetch(new URL('/control/counts', urlOf(name)), { signal });
  return (await response.json()) as T;
}

/** Publishes one message after the other until it is over by what the subscribers' processes count. */
async function publishUntil(context: WarmUpContext, isOver: (counts: readonly Counts[]) => boolean): Promise<void> {
  const { parameters, signal } = context;
  const wanted = parameters.stalled === 0 ? [SUBSCRIBERS] : [SUBSCRIBERS, STALLED];
  for (let sent = 0; ; sent++) {
    await publish(context, sent);
    const counts = await Promise.all(wanted.map((name) => countsOf<Counts>(context, name)));
    if (sent >= FEWEST_MESSAGES && isOver(counts)) return;
    await delay(LOOK_EVERY_MS * Math.max(1, parameters.subscribers / 1000), undefined, { signal });
  }
}

async function untilConnected(context: WarmUpContext): Promise<void> {
  const { parameters, signal } = context;
  while ((await countsOf<{ connections: number }>(context, FEED)).connections < parameters.subscribers) {
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

/**
 * Until each subscriber has got one. One without a cursor may miss those that come while it is not asking, so it goes on
 * until each has got one.
 */
export const warmUp = (context: WarmUpContext): Promise<void> =>
  publishUntil(context, (counts) => Math.min(...counts.map(({ least }) => least)) > 0);

/** With thousands: a message to those who are there would keep the others waiting. */
export async function warmUpMany(context: WarmUpContext): Promise<void> {
  await untilConnected(context);
  await warmUp(context);
}

/** Where nothing may ever arrive. */
export async function warmUpUnheard(context: WarmUpContext): Promise<void> {
  for (let sent = 0; sent < FEWEST_MESSAGES; sent++) await publish(context, sent);
  await untilConnected(context);
}

/** Until nobody has come for a while: for streams of which some never open. */
export function warmUpWhoeverComes(context: WarmUpContext): Promise<void> {
  let before = 0;
  let sinceMs = performance.now();
  return publishUntil(context, (counts) => {
    const reached = counts.reduce((sum, one) => sum + one.reached, 0);
    if (reached !== before) sinceMs = performance.now();
    before = reached;
    return reached > 0 && performance.now() - sinceMs >= NOBODY_NEW_MS;
  });
}
