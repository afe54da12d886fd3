/** Waits that end, with the name of what they waited for. Their limit says when to give up; no test asserts it. */
import { setTimeout as delay } from 'node:timers/promises';

/** When a wait gives up. Nothing in a test takes as long, unless it never comes. */
export const LIMIT_MS = 20_000;

/** Looks again and again until it holds. Throws an Error that names `what` when it never does. */
export async function until(what: string, holds: () => Promise<boolean> | boolean, limitMs = LIMIT_MS): Promise<void> {
  const endsAtMs = performance.now() + limitMs;
  while (!(await holds())) {
    if (performance.now() > endsAtMs) throw new Error(`it never came about: ${what}`);
    await delay(10);
  }
}

/** What a promise resolves to. Throws an Error that names `what` when it never does. */
export async function within<T>(what: string, promise: Promise<T>, limitMs = LIMIT_MS): Promise<T> {
  const over = new AbortController();
  const limit = delay(limitMs, undefined, { signal: over.signal }).then(() => {
    throw new Error(`it never came about: ${what}`);
  });
  limit.catch(() => {});
  try {
    return await Promise.race([promise, limit]);
  } finally {
    over.abort();
  }
}
