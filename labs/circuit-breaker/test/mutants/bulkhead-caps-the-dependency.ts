/** Disabled: holding the place until the dependency has answered. It is given back when the caller gives up. */
import type { CreatePolicy } from '../../src/contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, settings }) => {
  let calls = 0;
  return {
    async call(request) {
      if (calls >= settings.bulkheadCalls) return { kind: 'fallback', quote: staleQuote(request) };
      calls += 1;
      try {
        return { kind: 'quote', quote: await fetchQuote(request, AbortSignal.timeout(settings.timeoutMs)) };
      } finally {
        calls -= 1;
      }
    },
  };
};

export default createPolicy;
