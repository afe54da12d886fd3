/**
 * What a round trip takes outside of a service's own work: sockets, the kernel, and the waits of both event loops.
 *
 * While the load runs, each of the given urls is asked over a connection of its own, one request after the other, at
 * random distances: a trivial route of the very process that takes the load. The client's operations take this much
 * longer than the service knows of, and on a busy machine that is more than before the load, so it is measured beside
 * it. Read next: ../experiment/self-checks.ts (Little's law, which needs it).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'undici';
import type { RoundTrip } from './plan.ts';

const INTERVAL_MS = 40;
const LIMIT_MS = 1000;

export interface RoundTripOptions {
  urls: readonly string[];
  signal: AbortSignal;
  /** Milliseconds after the run's start. */
  nowMs: () => number;
}

/** Asks until the signal fires, then resolves to all that was answered with a 2xx. Never rejects. */
export async function measureRoundTrips({ urls, signal, nowMs }: RoundTripOptions): Promise<RoundTrip[]> {
  const trips = await Promise.all(urls.map((url) => askUntilAborted(new URL(url), signal, nowMs)));
  return trips.flat().sort((a, b) => a.atMs - b.atMs);
}

async function askUntilAborted(url: URL, signal: AbortSignal, nowMs: () => number): Promise<RoundTrip[]> {
  const trips: RoundTrip[] = [];
  const client = new Client(url.origin, { headersTimeout: LIMIT_MS, bodyTimeout: LIMIT_MS });
  // The first opens the connection, which the load's own operations hardly ever do.
  let isConnected = false;
  while (!signal.aborted) {
    const atMs = nowMs();
    try {
      const { statusCode, body } = await client.request({ path: url.pathname + url.search, method: 'GET', signal });
      await body.dump();
      if (isConnected && statusCode >= 200 && statusCode < 300) trips.push({ atMs, durationMs: nowMs() - atMs });
      isConnected = true;
    } catch {
      // A service that a fault has stopped or killed gives no answer, and this is not where that is judged.
      isConnected = false;
    }
    // At random: a fixed distance would lock on to constant arrivals and always meet the same phase.
    await sleep(INTERVAL_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
  }
  await client.destroy();
  return trips;
}
