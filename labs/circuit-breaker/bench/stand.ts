/**
 * What stands around a policy in this bench, in place of the gateway and the dependency.
 *
 * Invariant: nothing here waits, allocates by the size of anything, or differs between policies.
 */
import CircuitBreaker from 'opossum';
import type { CallError, CreatePolicy, Policy, PolicyContext, Quote, QuoteRequest } from '../src/contract.ts';

/**
 * The gateway's defaults, but for T: each AbortSignal.timeout stays pending for T, and the bench waits until all of
 * them have fired. What a call costs does not depend on T; how many of its signals live at once does.
 */
export const settings: PolicyContext['settings'] = {
  timeoutMs: 50,
  windowMs: 10_000,
  errorThresholdPercent: 50,
  resetMs: 5000,
  volumeThreshold: 10,
  shards: 1,
  bulkheadCalls: 50,
};

export const request: QuoteRequest = { item: 0, shard: 0 };
export const quote: Quote = { price: 42 };

/**
 * A policy over `fetchQuote`. A signal is made by the policy and then ignored: the listener that an HTTP client adds
 * to it is the client's cost.
 */
export async function createForBench(
  create: CreatePolicy,
  fetchQuote: PolicyContext['fetchQuote'],
  breakerClass: typeof CircuitBreaker = CircuitBreaker,
): Promise<Policy> {
  return await create({
    fetchQuote,
    staleQuote: () => quote,
    // As far as the gateway's goes for an error without a status, and there is no other here. Its own file would load
    // an HTTP client into each process.
    isClientError: (error) => (error as CallError).status !== undefined,
    settings,
    random: Math.random,
    libraries: { CircuitBreaker: breakerClass },
  });
}
