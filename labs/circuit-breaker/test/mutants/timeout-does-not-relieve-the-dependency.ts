/** Disabled: sending every call. With a cap on calls in flight, the dependency does get relief. */
import type { CreatePolicy } from '../../src/contract.ts';

const CAP = 10;

const createPolicy: CreatePolicy = ({ fetchQuote, settings }) => {
  let inFlight = 0;
  return {
    async call(request) {
      if (inFlight >= CAP) throw new Error('too many calls in flight');
      inFlight += 1;
      try {
        return { kind: 'quote', quote: await fetchQuote(request, AbortSignal.timeout(settings.timeoutMs)) };
      } finally {
        inFlight -= 1;
      }
    },
  };
};

export default createPolicy;
