/**
 * LISTEN on a connection of its own, as something one can wait for.
 *
 * Invariant: between two calls of `next` no wake-up is forgotten, and many count as one. What is sent while nobody is
 * connected is gone: NOTIFY keeps nothing.
 * Read next: ../variants/skip-locked-notify.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { WakeUps } from '../contract.ts';
import { WAKE_CHANNEL } from '../shop/notifier.ts';

/** A LISTEN connection can die without anybody being told (a firewall, a proxy): it is asked now and then. */
const PROBE_INTERVAL_MS = 1000;
const PROBE_LIMIT_MS = 1000;

/** Connects. `next` rejects when the connection is found dead. */
export async function listen(url: string, signal: AbortSignal): Promise<WakeUps> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: PROBE_LIMIT_MS,
    query_timeout: PROBE_LIMIT_MS,
  });
  const dead = new AbortController();
  const isDead = (error: unknown) => dead.abort(error);
  client.on('error', isDead);
  client.on('end', () => isDead(new Error('the connection that listens has ended')));
  let isAwake = false;
  let wake = () => {};
  client.on('notification', () => {
    isAwake = true;
    wake();
  });
  try {
    await client.connect();
    await client.query(`LISTEN ${WAKE_CHANNEL}`);
  } catch (error) {
    await client.end().catch(() => {});
    throw error;
  }
  const probe = setInterval(() => void client.query('SELECT 1').catch(isDead), PROBE_INTERVAL_MS);
  return {
    async next(limitMs) {
      const limit = new AbortController();
      const { promise: woken, resolve } = Promise.withResolvers<void>();
      wake = resolve;
      if (isAwake) resolve();
      const early = AbortSignal.any([signal, dead.signal]);
      const stopped = new Promise<void>((stop) => {
        if (early.aborted) stop();
        early.addEventListener('abort', () => stop(), { once: true, signal: limit.signal });
      });
      const late = limitMs === null ? [] : [delay(limitMs, undefined, { signal: limit.signal }).catch(() => {})];
      await Promise.race([woken, stopped, ...late]);
      limit.abort();
      if (dead.signal.aborted && !signal.aborted) throw dead.signal.reason;
      const was = isAwake;
      isAwake = false;
      return was;
    },
    async [Symbol.asyncDispose]() {
      clearInterval(probe);
      await client.end().catch(() => {});
    },
  };
}
