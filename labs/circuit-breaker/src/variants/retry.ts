/**
 * Naive retries: when a call fails, call again at once, three more times.
 *
 * It helps against a failure that hits single calls at random. Against a dependency that is down or overloaded it
 * sends 1 + r times the load, exactly when there is least room for it: r layers that do so send (1 + r)ⁿ.
 * Invariant: at most 1 + r calls a request, one after the other.
 * Read next: retry-budget.ts (the same help for a tenth of the load).
 */
import type { CreatePolicy } from '../contract.ts';

/** r: the number that most clients' examples have. */
const RETRIES = 3;

const createPolicy: CreatePolicy = ({ fetchQuote, settings }) => ({
  async call(request) {
    for (let retries = 0; ; retries++) {
      try {
        // A new T for each call: the request itself may take (1 + r)·T. A deadline over all calls would be better.
        const quote = await fetchQuote(request, AbortSignal.timeout(settings.timeoutMs));
        return { kind: 'quote', quote };
      } catch (error) {
        // Also after a 404, which no repetition will change. Naive is naive.
        if (retries === RETRIES) throw error;
      }
    }
  },
});

export default createPolicy;
