/** Disabled: the share p. It opens only when every call in the window has failed. */
import type { CreatePolicy } from '../../src/contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, settings, libraries }) => {
  const breaker = new libraries.CircuitBreaker(() => fetchQuote(AbortSignal.timeout(settings.timeoutMs)), {
    timeout: settings.timeoutMs,
    rollingCountTimeout: settings.windowMs,
    rollingCountBuckets: 20,
    errorThresholdPercentage: 100,
    resetTimeout: settings.resetMs,
    volumeThreshold: 10,
    rollingPercentilesEnabled: false,
  });
  breaker.fallback(() => staleQuote());
  return { call: async () => ({ kind: 'quote', quote: await breaker.fire() }), close: async () => breaker.shutdown() };
};

export default createPolicy;
