/** Disabled: the timeout. A breaker that waits for every call to fail by itself sees no failure in a hang. */
import type { CreatePolicy } from '../../src/contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, settings, libraries }) => {
  const breaker = new libraries.CircuitBreaker(() => fetchQuote(), {
    timeout: false,
    rollingCountTimeout: settings.windowMs,
    rollingCountBuckets: 20,
    errorThresholdPercentage: settings.errorThresholdPercent,
    resetTimeout: settings.resetMs,
    volumeThreshold: 10,
    rollingPercentilesEnabled: false,
  });
  breaker.fallback(() => staleQuote());
  return { call: async () => ({ kind: 'quote', quote: await breaker.fire() }), close: async () => breaker.shutdown() };
};

export default createPolicy;
