/**
 * What a round trip takes outside of a service's own work: sockets, the kernel, and the waits of both event loops.
 *
 * While the load runs, each of the given urls is asked over a connection of its own, one request after the other, at
 * random distances: a trivial route of the very process that takes the load. The client's operations take this much
 * longer than the service knows of, and on a busy machine that is more than before the load, so it is measured beside
 * it. Who asks all the time is also the first to know when a service is gone, and when it is back.
 * Read next: ../experiment/littles-law.ts (which needs both).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, errors } from 'undici';
import type { Reconnect, RoundTrip } from './plan.ts';

const INTERVAL_MS = 40;
const LIMIT_MS = 1000;

export interface RoundTripOptions {
  urls: readonly string[];
  signal: AbortSignal;
  /** Milliseconds after the run's start. */
  nowMs: () => number;
  /** A service that was gone answers again: the time to open the load's connections to it. Must not reject. */
  onBack?: (url: string) => Promise<void>;
}

export interface BesideTheLoad {
  roundTrips: RoundTrip[];
  reconnects: Reconnect[];
}

/** Asks until the signal fires; a round trip is what was answered with a 2xx. Never rejects. */
export async function measureRoundTrips(options: RoundTripOptions): Promise<BesideTheLoad> {
  const all = await Promise.all(options.urls.map((url) => askUntilAborted(url, options)));
  return {
    roundTrips: all.flatMap(({ roundTrips }) => roundTrips).sort((a, b) => a.atMs - b.atMs),
    reconnects: all.flatMap(({ reconnects }) => reconnects).sort((a, b) => a.fromMs - b.fromMs),
  };
}

async function askUntilAborted(url: string, { signal, nowMs, onBack }: RoundTripOptions): Promise<BesideTheLoad> {
  const roundTrips: RoundTrip[] = [];
  const reconnects: Reconnect[] = [];
  const { origin, pathname, search } = new URL(url);
  const client = new Client(origin, { headersTimeout: LIMIT_MS, bodyTimeout: LIMIT_MS });
  // The first opens the connection, which the load's own operations hardly ever do.
  let isConnected = false;
  let goneAtMs: number | null = null;
  const notice = (error: unknown) => {
    isConnected = false;
    // One that a fault has stopped keeps its connections: it answers too late, which is not the same as gone.
    if (!signal.aborted && !isTimeout(error)) goneAtMs ??= nowMs();
  };
  client.on('disconnect', (_origin, _targets, error) => notice(error));
  while (!signal.aborted) {
    const atMs = nowMs();
    try {
      const { statusCode, body } = await client.request({ path: pathname + search, method: 'GET', signal });
      await body.dump();
      if (isConnected && statusCode >= 200 && statusCode < 300) roundTrips.push({ atMs, durationMs: nowMs() - atMs });
      isConnected = true;
      if (goneAtMs !== null) {
        await onBack?.(url);
        reconnects.push({ fromMs: goneAtMs, toMs: nowMs() });
        goneAtMs = null;
      }
    } catch (error) {
      // A fault, and this is not where that is judged.
      notice(error);
    }
    // At random: a fixed distance would lock on to constant arrivals and always meet the same phase.
    await sleep(INTERVAL_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
  }
  if (goneAtMs !== null) reconnects.push({ fromMs: goneAtMs, toMs: nowMs() });
  await client.destroy();
  return { roundTrips, reconnects };
}

const isTimeout = (error: unknown) =>
  error instanceof errors.HeadersTimeoutError ||
  error instanceof errors.BodyTimeoutError ||
  error instanceof errors.ConnectTimeoutError;
