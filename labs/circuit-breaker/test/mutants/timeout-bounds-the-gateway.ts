/** Disabled: giving up. The timer fires, and nobody listens to it: the signal is made and not passed on. */
import type { CreatePolicy } from '../../src/contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, settings }) => ({
  async call(request) {
    AbortSignal.timeout(settings.timeoutMs);
    return { kind: 'quote', quote: await fetchQuote(request) };
  },
});

export default createPolicy;
