/**
 * A bulkhead inside the breaker, by opossum's own `capacity`: each rejection counts as a failure of the dependency.
 *
 * What one gets by adding `capacity` to the options. As soon as more than p of the calls meet a full bulkhead, the
 * breaker opens, on a dependency that has not failed once: a limit that was to protect the dependency cuts it off.
 * Changed against breaker-bulkhead.ts: who turns calls away, and what is counted. Read next: ../../experiments/slow.ts.
 */
import type { CreatePolicy, Quote, QuoteRequest } from '../contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, isClientError, settings, libraries }) => {
  const breaker = new libraries.CircuitBreaker(
    (request: QuoteRequest): Promise<Quote> => fetchQuote(request, AbortSignal.timeout(settings.timeoutMs)),
    {
      // opossum gives a place back when its own timeout fires, not when the call ends: with a dependency that hangs,
      // far more than `capacity` calls are truly there.
      capacity: settings.bulkheadCalls,
      timeout: settings.timeoutMs + 50,
      rollingCountTimeout: settings.windowMs,
      rollingCountBuckets: 20,
      errorThresholdPercentage: settings.errorThresholdPercent,
      resetTimeout: settings.resetMs,
      volumeThreshold: settings.volumeThreshold,
      // The trap: a rejection by the bulkhead (ESEMLOCKED) goes through this filter too, and nothing here lets it off.
      // Letting it off is no cure either: what is filtered counts as a success, and would hide real failures.
      errorFilter: isClientError,
      rollingPercentilesEnabled: false,
    },
  );
  return {
    async call(request) {
      try {
        return { kind: 'quote', quote: await breaker.fire(request) };
      } catch (error) {
        if (!['EOPENBREAKER', 'ESEMLOCKED'].includes((error as { code?: string }).code ?? '')) throw error;
        return { kind: 'fallback', quote: staleQuote(request) };
      }
    },
    async close() {
      breaker.shutdown();
    },
  };
};

export default createPolicy;
