/**
 * How many connections to each service a load keeps open ahead of its operations.
 *
 * A service takes new connections one at a turn of its event loop (libuv), however many wait. Operations that need one
 * stand in the kernel's queue meanwhile, of which the service knows nothing, so that its word and the client's differ by
 * them. After a pause of the service that would be all that had arrived. Pure.
 * Read next: http-target.ts (which opens them), round-trips.ts (which says when to open them again).
 */
import type { LoadPlan } from './plan.ts';

/** For what is in flight anyway. */
const LEAST = 64;
/** Below what a process may have open by default on the usual systems, with room for the rest. */
const MOST = 1024;
/** A pause of the service for so long is met with open connections. */
const PAUSE_S = 1;

/** Connections to each of the services that the plan names, ahead of the load. */
export function readyConnectionsOf({
  ratePerSecond,
  roundTripUrls = [],
}: Pick<LoadPlan, 'ratePerSecond' | 'roundTripUrls'>): number {
  const toEach = ratePerSecond / Math.max(1, roundTripUrls.length);
  return Math.min(MOST, LEAST + Math.ceil(PAUSE_S * toEach));
}
