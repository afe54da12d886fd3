/**
 * A breaker without an error filter: a caller's 404 counts like a failure of the dependency.
 *
 * What one gets by leaving `errorFilter` out. A crawler that asks for what is not there, or a batch of delisted items,
 * opens the breaker on a dependency that is in perfect health, and those who ask for what is there get no answer.
 * Changed against breaker.ts: no errorFilter. Read next: ../../experiments/client-errors.ts.
 */
import type { CreatePolicy, Quote, QuoteRequest } from '../contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, settings, libraries }) => {
  const breaker = new libraries.CircuitBreaker(
    (request: QuoteRequest): Promise<Quote> => fetchQuote(request, AbortSignal.timeout(settings.timeoutMs)),
    {
      timeout: settings.timeoutMs + 50,
      rollingCountTimeout: settings.windowMs,
      rollingCountBuckets: 20,
      errorThresholdPercentage: settings.errorThresholdPercent,
      resetTimeout: settings.resetMs,
      volumeThreshold: settings.volumeThreshold,
      rollingPercentilesEnabled: false,
    },
  );
  return {
    async call(request) {
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
