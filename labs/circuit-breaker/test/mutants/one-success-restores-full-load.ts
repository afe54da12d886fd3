/** Disabled: closing on one success. Each success lets a few more calls through, up to all of them. */
import type { CreatePolicy } from '../../src/contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, settings, random }) => {
  let share = 1;
  return {
    async call(request) {
      if (random() >= share) return { kind: 'fallback', quote: staleQuote(request) };
      try {
        const quote = await fetchQuote(request, AbortSignal.timeout(settings.timeoutMs));
        share = Math.min(1, share + 0.01);
        return { kind: 'quote', quote };
      } catch (error) {
        share = Math.max(0.02, share / 2);
        throw error;
      }
    },
  };
};

export default createPolicy;
