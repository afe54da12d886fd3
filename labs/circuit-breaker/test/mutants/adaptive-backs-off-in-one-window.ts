/** Disabled: counting what was turned away. Requests are then only those that were sent, and it forgets why. */
import type { CreatePolicy } from '../../src/contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, settings, random }) => {
  const sent: { atMs: number; accepted: boolean }[] = [];
  return {
    async call(request) {
      const oldestMs = performance.now() - settings.windowMs;
      while ((sent[0]?.atMs ?? Number.POSITIVE_INFINITY) < oldestMs) sent.shift();
      const accepts = sent.filter(({ accepted }) => accepted).length;
      if (random() < (sent.length - 2 * accepts) / (sent.length + 1)) {
        return { kind: 'fallback', quote: staleQuote(request) };
      }
      const call = { atMs: performance.now(), accepted: false };
      sent.push(call);
      const quote = await fetchQuote(request, AbortSignal.timeout(settings.timeoutMs));
      call.accepted = true;
      return { kind: 'quote', quote };
    },
  };
};

export default createPolicy;
