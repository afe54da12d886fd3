/**
 * A timeout: give up on a call after T.
 *
 * It bounds what the gateway holds: λ·T calls in flight instead of λ·(however long the dependency takes). It does not
 * relieve the dependency: that goes on working on calls nobody waits for any more, and gets each new one as well.
 * Read next: retry.ts (what people add next), breaker.ts.
 */
import type { CreatePolicy } from '../contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, settings }) => ({
  call: async (request) => ({
    kind: 'quote',
    quote: await fetchQuote(request, AbortSignal.timeout(settings.timeoutMs)),
  }),
});

export default createPolicy;
