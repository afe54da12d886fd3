/** The lab's two services inside the test's process, on ports of their own. */
import { listen } from '@backend-labs/testbed';
import type { CreatePolicy, PolicyContext } from '../src/contract.ts';
import { createDependency } from '../src/dependency/app.ts';
import { createGateway } from '../src/gateway/app.ts';

export const settings: PolicyContext['settings'] = {
  timeoutMs: 100,
  windowMs: 1000,
  errorThresholdPercent: 50,
  resetMs: 200,
  volumeThreshold: 10,
  shards: 1,
  bulkheadCalls: 5,
};

export interface StartOptions {
  settings?: Partial<PolicyContext['settings']>;
  workers?: number;
  serviceMs?: number;
  maxRequests?: number;
}

/** A dependency and a gateway in front of it. `tell` changes the dependency's condition from now on. */
export async function startServers(createPolicy: CreatePolicy, options: StartOptions = {}) {
  await using stack = new AsyncDisposableStack();
  const given = { ...settings, ...options.settings };
  const { workers = Number.POSITIVE_INFINITY, serviceMs = 1, maxRequests = Number.POSITIVE_INFINITY } = options;
  const dependency = stack.use(
    await listen({ handle: createDependency({ serviceMs, workers, shards: given.shards }) }),
  );
  const app = await createGateway({ dependencyUrl: dependency.url, createPolicy, settings: given, maxRequests });
  const gateway = stack.use(await listen(app));
  const owned = stack.move();
  async function outcomeOf(path: string) {
    const { status, outcome } = await gateway.ask(path);
    return { status, outcome };
  }
  return {
    dependencyUrl: dependency.url,
    ask: outcomeOf,
    quote: (item = 0) => outcomeOf(`/quotes/${item}`),
    tell: (condition: Record<string, unknown>) => dependency.ask('/control', { method: 'POST', body: condition }),
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
