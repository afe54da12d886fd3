/** Disabled: sending every call. Two of three requests are turned away at the door, whatever the dependency could do. */
import type { CreatePolicy } from '../../src/contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, settings }) => {
  let requests = 0;
  return {
    async call(request) {
      requests += 1;
      if (requests % 3 !== 0) return { kind: 'fallback', quote: staleQuote(request) };
      return { kind: 'quote', quote: await fetchQuote(request, AbortSignal.timeout(settings.timeoutMs)) };
    },
  };
};

export default createPolicy;
