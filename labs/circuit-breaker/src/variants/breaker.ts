/**
 * A circuit breaker (opossum): a timeout that remembers.
 *
 *   closed     calls pass; failures are counted over a rolling window of W
 *   open       after more than p % failed: no call passes, the fallback answers at once
 *   half-open  after R: one call passes; success closes, failure opens again
 *
 * Invariant: while open, at most one call per R + T reaches the dependency (the probe takes T to fail).
 * Read next: ../../lab.ts (what is claimed of it), ../../test/mutants/ (how it can go wrong).
 */
import type { CreatePolicy, Quote } from '../contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, settings, libraries }) => {
  const breaker = new libraries.CircuitBreaker(
    // A signal per call, made here. opossum's own `abortController` option shares one controller between all calls
    // in flight: the first timeout would abort every other call too.
    (): Promise<Quote> => fetchQuote(AbortSignal.timeout(settings.timeoutMs)),
    {
      // The signal above ends the call and frees its socket. opossum's timeout only stops waiting. It stays on as
      // well, a little later, because a half-open probe that never settles would keep the breaker half-open for ever.
      timeout: settings.timeoutMs + 50,
      rollingCountTimeout: settings.windowMs,
      // Finer buckets: the window forgets in steps of W / buckets, and each step is an error in the opening time.
      rollingCountBuckets: 20,
      errorThresholdPercentage: settings.errorThresholdPercent,
      resetTimeout: settings.resetMs,
      // The default, 0, opens on the first failure of a quiet window.
      volumeThreshold: 10,
      // On by default: each failure then sorts the whole window's latencies.
      rollingPercentilesEnabled: false,
    },
  );
  return {
    async call() {
      try {
        return { kind: 'quote', quote: await breaker.fire() };
      } catch (error) {
        // Only while it is open does a stale price stand in. A call that was tried and failed stays a failure: the
        // caller should know that this very request was not served.
        if (isOpen(error)) return { kind: 'fallback', quote: staleQuote() };
        throw error;
      }
    },
    async close() {
      breaker.shutdown();
    },
  };
};

/** opossum's own rejection of a call that it did not let pass. */
function isOpen(error: unknown): boolean {
  return (error as { code?: string }).code === 'EOPENBREAKER';
}

export default createPolicy;
