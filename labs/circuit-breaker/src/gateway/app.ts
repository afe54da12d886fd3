/**
 * The gateway: it answers GET /quote by asking the dependency, through one policy.
 *
 * Invariant: the policy is the only thing in which two variants differ.
 * Read next: ../variants/breaker.ts.
 */
import type { RequestListener } from 'node:http';
import fastify from 'fastify';
import CircuitBreaker from 'opossum';
import { Agent } from 'undici';
import type { CreatePolicy, PolicyContext, Quote } from '../contract.ts';

export interface GatewayOptions {
  dependencyUrl: string;
  createPolicy: CreatePolicy;
  settings: PolicyContext['settings'];
}

export interface Gateway {
  handle: RequestListener;
  close(): Promise<void>;
}

export async function createGateway({ dependencyUrl, createPolicy, settings }: GatewayOptions): Promise<Gateway> {
  // No limit on connections: a limit would be a bulkhead, and this experiment is about timeouts and breakers.
  const agent = new Agent({ connections: null });
  const origin = new URL(dependencyUrl).origin;
  let lastKnown: Quote = { price: 0 };

  async function fetchQuote(signal?: AbortSignal): Promise<Quote> {
    const { statusCode, body } = await agent.request({ origin, path: '/quote', method: 'GET', signal: signal ?? null });
    if (statusCode !== 200) {
      await body.dump();
      throw new Error(`the dependency answered ${statusCode}`);
    }
    lastKnown = (await body.json()) as Quote;
    return lastKnown;
  }

  const policy = await createPolicy({
    fetchQuote,
    staleQuote: () => lastKnown,
    settings,
    libraries: { CircuitBreaker },
  });

  const app = fastify();
  app.get('/quote', async (_request, reply) => {
    try {
      const answer = await policy.call();
      if (answer.kind === 'fallback') reply.header('x-outcome', 'degraded');
      return answer.quote;
    } catch (error) {
      return reply.status(502).send({ error: (error as Error).message });
    }
  });
  await app.ready();
  return {
    // Fastify only routes here; shared/service owns the listening and the shutdown.
    handle: (request, response) => app.routing(request, response),
    async close() {
      await policy.close?.();
      await app.close();
      await agent.destroy();
    },
  };
}
