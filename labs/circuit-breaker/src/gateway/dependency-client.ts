/**
 * One call to the dependency over HTTP, without any policy. What a policy does with it is ../variants/.
 *
 * Invariant: an answer other than 200 is thrown with its status, so that a policy can tell a caller's mistake (4xx)
 * from a failure.
 */
import { Agent } from 'undici';
import type { CallError, PolicyContext, Quote } from '../contract.ts';

export interface DependencyClient extends Pick<PolicyContext, 'fetchQuote' | 'staleQuote'> {
  close(): Promise<void>;
}

export function createDependencyClient(dependencyUrl: string): DependencyClient {
  // No limit on connections: a limit would be a bulkhead that no policy knows of.
  const agent = new Agent({ connections: null });
  const { origin } = new URL(dependencyUrl);
  // One price for all: enough for a fallback, and a cache by item would need a limit.
  let lastKnown: Quote = { price: 0 };
  return {
    async fetchQuote({ item }, signal) {
      const { statusCode, body } = await agent.request({
        origin,
        path: `/quotes/${item}`,
        method: 'GET',
        signal: signal ?? null,
      });
      if (statusCode !== 200) {
        await body.dump();
        const error: CallError = new Error(`the dependency answered ${statusCode}`);
        error.status = statusCode;
        throw error;
      }
      lastKnown = (await body.json()) as Quote;
      return lastKnown;
    },
    staleQuote: () => lastKnown,
    close: () => agent.destroy(),
  };
}

/** 408 and 429 have a 4 in front and speak of the service all the same: too slow, too busy. */
const ABOUT_THE_SERVICE = [408, 429];

export function isClientError(error: unknown): boolean {
  const { status } = error as CallError;
  return status !== undefined && status >= 400 && status < 500 && !ABOUT_THE_SERVICE.includes(status);
}
