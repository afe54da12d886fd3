/**
 * A bulkhead in front of a breaker: at most C calls at the dependency, and a rejection there is no failure.
 *
 * The breaker learns late (T + p·W); until then λ calls a second go on arriving. The bulkhead needs to learn nothing:
 * the call number C + 1 is turned away. It stands before the breaker, so that the breaker never sees what it rejects.
 * Invariant: at most C calls are at the dependency, abandoned ones included.
 * Changed against breaker.ts: the bulkhead. Read next: breaker-bulkhead-counted.ts (the same in the wrong order).
 */
import type { CreatePolicy, Quote, QuoteRequest } from '../contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, isClientError, settings, libraries }) => {
  let calls = 0;

  function fetchThroughBulkhead(request: QuoteRequest): Promise<Quote> {
    calls += 1;
    // No signal: the place is free again when the dependency has answered, not when this side lost patience. Aborting
    // would free the place at once while the dependency still works on the call. It costs a socket until then.
    return fetchQuote(request).finally(() => {
      calls -= 1;
    });
  }

  const breaker = new libraries.CircuitBreaker(fetchThroughBulkhead, {
    timeout: settings.timeoutMs,
    rollingCountTimeout: settings.windowMs,
    rollingCountBuckets: 20,
    errorThresholdPercentage: settings.errorThresholdPercent,
    resetTimeout: settings.resetMs,
    volumeThreshold: settings.volumeThreshold,
    errorFilter: isClientError,
    rollingPercentilesEnabled: false,
  });
  return {
    async call(request) {
      // Asked here and taken in fetchThroughBulkhead: nothing is awaited in between, so no other call can come first.
      if (calls >= settings.bulkheadCalls) return { kind: 'fallback', quote: staleQuote(request) };
      try {
        return { kind: 'quote', quote: await breaker.fire(request) };
      } catch (error) {
        if ((error as { code?: string }).code !== 'EOPENBREAKER') throw error;
        return { kind: 'fallback', quote: staleQuote(request) };
      }
    },
    async close() {
      breaker.shutdown();
    },
  };
};

export default createPolicy;
