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

/** A dependency and a gateway in front of it. `hang` makes the dependency late by that much from now on. */
export async function startServers(createPolicy: CreatePolicy) {
  await using stack = new AsyncDisposableStack();
  const dependency = stack.use(await listen(createDependency({ serviceMs: 1 })));
  const app = await createGateway({ dependencyUrl: dependency.url, createPolicy, settings });
  stack.defer(() => app.close());
  const gateway = stack.use(await listen(app.handle));
  const owned = stack.move();
  return {
    dependencyUrl: dependency.url,
    async quote() {
      const response = await fetch(`${gateway.url}/quote`);
      await response.arrayBuffer();
      return { status: response.status, outcome: response.headers.get('x-outcome') };
    },
    async hang(hangMs: number) {
      const response = await fetch(`${dependency.url}/control`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ hangMs }),
      });
      await response.arrayBuffer();
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}
