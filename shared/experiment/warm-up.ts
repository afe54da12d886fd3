/**
 * Warming up: the first requests of a fresh process load and compile what later ones find ready.
 *
 * Without it, the start of the first variant after an installation is an event-loop stall of its own.
 */
const ROUNDS = 5;
const REQUESTS_PER_ROUND = 20;

/** GETs a url in a few rounds of concurrent requests; whatever is answered is fine. Throws if nobody answers. */
export async function warmUpWithGets(url: URL | string, signal: AbortSignal): Promise<void> {
  for (let round = 0; round < ROUNDS; round++) {
    const requests = Array.from({ length: REQUESTS_PER_ROUND }, async () => {
      const response = await fetch(url, { signal });
      await response.arrayBuffer();
    });
    await Promise.all(requests);
  }
}
