/**
 * The gateway: it answers GET /quotes/:item by asking the dependency, through one policy.
 *
 * GET /catalogue needs no dependency. It is the unrelated endpoint of the same process: does the failure cascade?
 * Invariant: the policy is the only thing in which two variants differ.
 * Read next: dependency-client.ts (one call), ../variants/breaker.ts.
 */
import type { RequestListener } from 'node:http';
import fastify from 'fastify';
import CircuitBreaker from 'opossum';
import type { CreatePolicy, PolicyContext } from '../contract.ts';
import { createDependencyClient, isClientError } from './dependency-client.ts';

export interface GatewayOptions {
  dependencyUrl: string;
  createPolicy: CreatePolicy;
  settings: PolicyContext['settings'];
  /** How many requests are served at once, as with a pool of threads; Infinity for no limit. */
  maxRequests: number;
}

export interface Gateway {
  handle: RequestListener;
  close(): Promise<void>;
}

export async function createGateway(options: GatewayOptions): Promise<Gateway> {
  const { settings, maxRequests } = options;
  const dependency = createDependencyClient(options.dependencyUrl);
  const policy = await options.createPolicy({
    fetchQuote: dependency.fetchQuote,
    staleQuote: dependency.staleQuote,
    isClientError,
    settings,
    random: Math.random,
    libraries: { CircuitBreaker },
  });

  const app = fastify();
  let requests = 0;
  app.addHook('onRequest', async (_request, reply) => {
    requests += 1;
    // `close` and not `onResponse`: it comes for a request whose caller hung up as well.
    reply.raw.once('close', () => {
      requests -= 1;
    });
    if (requests > maxRequests)
      return reply.status(503).header('retry-after', '1').send({ error: 'too many requests' });
  });

  app.get<{ Params: { item: number } }>(
    '/quotes/:item',
    { schema: { params: { type: 'object', properties: { item: { type: 'integer', minimum: 0 } } } } },
    async ({ params: { item } }, reply) => {
      try {
        const answer = await policy.call({ item, shard: item % settings.shards });
        if (answer.kind === 'fallback') reply.header('x-outcome', 'degraded');
        return answer.quote;
      } catch (error) {
        const status = isClientError(error) ? 404 : 502;
        return reply.status(status).send({ error: (error as Error).message });
      }
    },
  );

  app.get('/catalogue', async () => ({ items: ['tea', 'coffee', 'cocoa'] }));

  await app.ready();
  return {
    // Fastify only routes here; shared/service owns the listening and the shutdown.
    handle: (request, response) => app.routing(request, response),
    async close() {
      await policy.close?.();
      await app.close();
      await dependency.close();
    },
  };
}
