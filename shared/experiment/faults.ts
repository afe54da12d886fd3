/**
 * Faults that any lab can use. A lab's own faults (a control route, a cut proxy) have the same two functions.
 *
 * Invariant: both functions resolve when the effect was observed, so that a timeline tells when it happened.
 * Read next: fault-runner.ts (when they are called, and that each is healed whatever happens).
 */
import type { FaultContext, FaultDefinition } from './lab.ts';

/** SIGSTOP, then SIGCONT: a long garbage collection, a suspended machine, a debugger. */
export function pauseService(service: string): FaultDefinition {
  return {
    touches: [service],
    inject: (context) => context.pause(service),
    heal: (context) => context.resume(service),
  };
}

/** SIGKILL, then a restart on the same port: a crash, an out-of-memory kill, a lost machine. */
export function killService(service: string): FaultDefinition {
  return {
    touches: [service],
    inject: (context) => context.kill(service),
    heal: (context) => context.restart(service),
  };
}

/**
 * Tells a service through its control route: POST `path` with a JSON body. The route must answer only when the
 * change is in effect. Throws with the answer's text if it is not 2xx; gives up after 2 s.
 */
export async function postControl(
  context: Pick<FaultContext, 'urlOf' | 'signal'>,
  service: string,
  path: string,
  body: unknown,
): Promise<void> {
  const response = await fetch(new URL(path, context.urlOf(service)), {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(body),
    signal: AbortSignal.any([context.signal, AbortSignal.timeout(2000)]),
  });
  if (!response.ok) throw new Error(`${service} refused POST ${path}: ${response.status} ${await response.text()}`);
  await response.arrayBuffer();
}
