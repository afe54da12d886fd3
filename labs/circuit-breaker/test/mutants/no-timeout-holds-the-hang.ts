/** Disabled: waiting for as long as it takes. Like an HTTP client with a default timeout that nobody knew of. */
import type { CreatePolicy } from '../../src/contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, settings }) => ({
  call: async () => ({ kind: 'quote', quote: await fetchQuote(AbortSignal.timeout(settings.timeoutMs)) }),
});

export default createPolicy;
