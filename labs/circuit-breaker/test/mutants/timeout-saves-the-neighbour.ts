/** Disabled: a T that fits the limit. λ·T is then above what the gateway may hold, and a timeout saves nobody. */
import type { CreatePolicy } from '../../src/contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, settings }) => ({
  call: async (request) => ({
    kind: 'quote',
    quote: await fetchQuote(request, AbortSignal.timeout(3 * settings.timeoutMs)),
  }),
});

export default createPolicy;
