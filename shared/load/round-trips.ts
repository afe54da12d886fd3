/**
 * What a round trip takes outside of a service's own work: sockets, the kernel, and the waits of both event loops.
 *
 * While the load runs, each of the given urls is asked at random distances, whether or not the last answer is there
 * (who waited for it would meet a stall once, which many operations meet): a trivial route of the very process that
 * takes the load. The client's operations take this much longer than the service knows of, and on a busy machine that is
 * more than before the load, so it is measured beside it. Who asks all the time is also the first to know when a service
 * is gone, and when it is back.
 * Read next: ../experiment/littles-law.ts (which needs both).
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { Client, errors } from 'undici';
import type { Reconnect, RoundTrip } from './plan.ts';

const INTERVAL_MS = 40;
const LIMIT_MS = 1000;
/** Connections to each service, and so requests under way: enough for a stall of 300 ms. */
export const LANES = 8;

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

async function askUntilAborted(url: string, options: RoundTripOptions): Promise<BesideTheLoad> {
  const { signal, nowMs, onBack } = options;
  const roundTrips: RoundTrip[] = [];
  const reconnects: Reconnect[] = [];
  let goneAtMs: number | null = null;
  const notice = (error: unknown) => {
    // One that a fault has stopped keeps its connections: it answers too late, which is not the same as gone.
    if (!signal.aborted && !isTimeout(error)) goneAtMs ??= nowMs();
  };
  const lanes = Array.from({ length: LANES }, () => new Lane(url, notice));
  const openAll = () => Promise.all(lanes.filter(({ isBusy }) => !isBusy).map((lane) => lane.ask(signal)));
  const reopen = async (fromMs: number) => {
    await Promise.all([openAll(), onBack?.(url)]);
    reconnects.push({ fromMs, toMs: nowMs() });
  };
  let reopening: Promise<void> | null = null;
  const asked = new Set<Promise<void>>();
  const askOnce = async (lane: Lane) => {
    const atMs = nowMs();
    const wasConnected = lane.isConnected;
    const status = await lane.ask(signal);
    if (status === null) return;
    if (wasConnected && status >= 200 && status < 300) roundTrips.push({ atMs, durationMs: nowMs() - atMs });
    if (goneAtMs === null || reopening !== null) return;
    const fromMs = goneAtMs;
    reopening = reopen(fromMs);
    await reopening;
    goneAtMs = null;
    reopening = null;
  };
  await openAll();
  while (!signal.aborted) {
    const lane = lanes.find(({ isBusy }) => !isBusy);
    if (lane !== undefined) {
      const asking: Promise<void> = askOnce(lane).finally(() => asked.delete(asking));
      asked.add(asking);
    }
    // At random: a fixed distance would lock on to constant arrivals and always meet the same phase.
    await sleep(INTERVAL_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
  }
  await Promise.all(asked);
  if (goneAtMs !== null) reconnects.push({ fromMs: goneAtMs, toMs: nowMs() });
  await Promise.all(lanes.map((lane) => lane.close()));
  return { roundTrips, reconnects };
}

/** A connection of its own, on which one request at a time is under way. */
class Lane {
  readonly #client: Client;
  readonly #path: string;
  readonly #onGone: (error: unknown) => void;
  isBusy = false;
  /** False until a request has opened the connection, which the load's own operations hardly ever have to do. */
  isConnected = false;

  constructor(url: string, onGone: (error: unknown) => void) {
    const { origin, pathname, search } = new URL(url);
    this.#path = pathname + search;
    this.#onGone = onGone;
    this.#client = new Client(origin, { headersTimeout: LIMIT_MS, bodyTimeout: LIMIT_MS });
    this.#client.on('disconnect', (_origin, _targets, error) => this.#lose(error));
  }

  /** The status, or null without an answer, which is not judged here: a fault may have stopped or killed the service. */
  async ask(signal: AbortSignal): Promise<number | null> {
    this.isBusy = true;
    try {
      const { statusCode, body } = await this.#client.request({ path: this.#path, method: 'GET', signal });
      await body.dump();
      this.isConnected = true;
      return statusCode;
    } catch (error) {
      this.#lose(error);
      return null;
    } finally {
      this.isBusy = false;
    }
  }

  #lose(error: unknown): void {
    this.isConnected = false;
    this.#onGone(error);
  }

  close(): Promise<void> {
    return this.#client.destroy();
  }
}

const isTimeout = (error: unknown) =>
  error instanceof errors.HeadersTimeoutError ||
  error instanceof errors.BodyTimeoutError ||
  error instanceof errors.ConnectTimeoutError;
