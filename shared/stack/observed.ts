/** Effects that were observed, with the time they took. Read next: server.ts. */
import type { Observed } from './server.ts';

/** How long it took until `act` resolved, which it does when its effect is there. */
export async function observed(act: () => Promise<unknown>): Promise<Observed> {
  const fromMs = performance.now();
  await act();
  return { durationMs: performance.now() - fromMs };
}
