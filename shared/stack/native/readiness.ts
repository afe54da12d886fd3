/**
 * Waiting for an answer: an operation is asked again and again until it is answered; never a sleep of some length.
 *
 * Read next: server-process.ts (what waits so), recipe.ts (`operate`: a real operation of each kind).
 */
import { setTimeout as delay } from 'node:timers/promises';

export const POLL_MS = 5;
const OPERATION_LIMIT_MS = 1000;

/** Resolves with true as soon as `operate` resolves, with false when the signal is aborted before. */
export async function answered(operate: (signal: AbortSignal) => Promise<void>, signal: AbortSignal): Promise<boolean> {
  while (!signal.aborted) {
    try {
      await operate(AbortSignal.any([signal, AbortSignal.timeout(OPERATION_LIMIT_MS)]));
      return true;
    } catch {
      await delay(POLL_MS, undefined, { signal }).catch(() => {});
    }
  }
  return false;
}
