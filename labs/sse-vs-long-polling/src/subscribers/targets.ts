/** Where subscribers connect to: asked of links or feeds, which may not have started yet. */
import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';

const AGAIN_AFTER_MS = 100;
const DEADLINE_MS = 10_000;

const addressSchema = z.object({
  port: z.number().int().min(1).max(65_535),
  /** A link does not say it: it carries what it is given. */
  protocol: z.enum(['http', 'https']).default('http'),
});

/** The public url of each, in their order. Rejects if one has not said it in ten seconds, and when the signal aborts. */
export function publicUrlsOf(targetUrls: readonly string[], signal: AbortSignal, deadlineMs = DEADLINE_MS) {
  return Promise.all(targetUrls.map((url) => publicUrlOf(url, signal, deadlineMs)));
}

async function publicUrlOf(targetUrl: string, signal: AbortSignal, deadlineMs: number): Promise<string> {
  const url = new URL('/control/address', targetUrl);
  const deadline = AbortSignal.timeout(deadlineMs);
  let seen: unknown = 'no answer';
  while (!deadline.aborted) {
    try {
      const response = await fetch(url, { signal: AbortSignal.any([signal, deadline]) });
      const { port, protocol } = addressSchema.parse(await response.json());
      return `${protocol}://${url.hostname}:${port}`;
    } catch (error) {
      signal.throwIfAborted();
      if (!deadline.aborted) seen = (error as Error).cause ?? error;
    }
    await delay(AGAIN_AFTER_MS, undefined, { signal });
  }
  throw new Error(`${url} has not said where its port is within ${deadlineMs} ms (${(seen as Error).message ?? seen})`);
}
