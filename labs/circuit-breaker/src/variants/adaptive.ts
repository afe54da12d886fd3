/**
 * Client-side adaptive throttling: turn away by chance, the more the fewer calls succeed. No states.
 *
 *   P(turn away) = max(0, (requests − K · accepts) / (requests + 1))      both over the last W
 *
 * Source: "Handling Overload" in Site Reliability Engineering, with its K = 2: as long as at least half of what is
 * sent succeeds, all is sent. It was made for a dependency that is over its capacity, and there sends about K times
 * what succeeds. When a share e > 1 − 1/K of the calls fails whatever the load, sending less does not help, and it
 * winds down to a few calls in W. A dependency that recovers gets more calls step by step, where a breaker goes from
 * nothing to all of λ on one success.
 * Invariant: a request that is turned away counts as a request, or it would forget at once why.
 * Read next: ../../experiments/errors.ts, ../../experiments/flapping.ts.
 */
import type { CreatePolicy } from '../contract.ts';

const K = 2;
const BUCKETS = 20;

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, isClientError, settings, random }) => {
  const bucketMs = settings.windowMs / BUCKETS;
  const buckets = Array.from({ length: BUCKETS }, () => ({ number: -1, requests: 0, accepts: 0 }));

  /** The bucket of now. Slots are used in turn; one that holds an older bucket is emptied first. */
  function current() {
    const number = Math.floor(performance.now() / bucketMs);
    const bucket = buckets[number % BUCKETS] as (typeof buckets)[number];
    if (bucket.number !== number) Object.assign(bucket, { number, requests: 0, accepts: 0 });
    return bucket;
  }

  function overWindow() {
    const oldest = current().number - BUCKETS;
    const alive = buckets.filter(({ number }) => number > oldest);
    return {
      requests: alive.reduce((sum, bucket) => sum + bucket.requests, 0),
      accepts: alive.reduce((sum, bucket) => sum + bucket.accepts, 0),
    };
  }

  return {
    async call(request) {
      const { requests, accepts } = overWindow();
      if (random() < (requests - K * accepts) / (requests + 1)) {
        current().requests += 1;
        return { kind: 'fallback', quote: staleQuote(request) };
      }
      try {
        const quote = await fetchQuote(request, AbortSignal.timeout(settings.timeoutMs));
        current().accepts += 1;
        return { kind: 'quote', quote };
      } catch (error) {
        // The dependency did its work: it is not what should slow this side down.
        if (isClientError(error)) current().accepts += 1;
        throw error;
      } finally {
        // When its outcome is known, and not when it is sent: a call that is still on its way looks like one that
        // failed, and a client that has just started would turn away half of its first requests.
        current().requests += 1;
      }
    },
  };
};

export default createPolicy;
