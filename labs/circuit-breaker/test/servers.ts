/** The lab's two services inside the test's process, on ports of their own. */
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
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

async function listen(handle: RequestListener) {
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}

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
  const dependency = stack.use(await listen(createDependency({ serviceMs, workers, shards: given.shards })));
  const app = await createGateway({ dependencyUrl: dependency.url, createPolicy, settings: given, maxRequests });
  stack.defer(() => app.close());
  const gateway = stack.use(await listen(app.handle));
  const owned = stack.move();
  async function ask(path: string) {
    const response = await fetch(`${gateway.url}${path}`);
    await response.arrayBuffer();
    return { status: response.status, outcome: response.headers.get('x-outcome') };
  }
  return {
    dependencyUrl: dependency.url,
    ask,
    quote: (item = 0) => ask(`/quotes/${item}`),
    async tell(condition: Record<string, unknown>) {
      const response = await fetch(`${dependency.url}/control`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(condition),
      });
      return { status: response.status, text: await response.text() };
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
