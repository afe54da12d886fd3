/**
 * A breaker without a volume threshold: it judges by however few calls there were.
 *
 * What opossum does by default (volumeThreshold 0). At night, or on a quiet replica, the one call in the window that
 * fails is 100 % of them, and the breaker opens for R on a single bad answer.
 * Changed against breaker.ts: volumeThreshold. Read next: ../../experiments/low-volume.ts.
 */
import type { CreatePolicy, Quote, QuoteRequest } from '../contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, isClientError, settings, libraries }) => {
  const breaker = new libraries.CircuitBreaker(
    (request: QuoteRequest): Promise<Quote> => fetchQuote(request, AbortSignal.timeout(settings.timeoutMs)),
    {
      timeout: settings.timeoutMs + 50,
      rollingCountTimeout: settings.windowMs,
      rollingCountBuckets: 20,
      errorThresholdPercentage: settings.errorThresholdPercent,
      resetTimeout: settings.resetMs,
      // The default, written down: the share is judged from the first call on.
      volumeThreshold: 0,
      errorFilter: isClientError,
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
