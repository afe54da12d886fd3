/**
 * A circuit breaker (opossum): a timeout that remembers.
 *
 *   closed     calls pass; failures are counted over a rolling window of W
 *   open       after more than p % failed: no call passes, the fallback answers at once
 *   half-open  after R: one call passes; success closes, failure opens again
 *
 * Invariant: while open, at most one call per R + T reaches the dependency (the probe takes T to fail).
 * Read next: ../../experiments/hang.ts (what is claimed of it), ../../test/mutants/ (how it can go wrong), then the
 * breaker's other files, each of which changes one thing.
 */
import type { CreatePolicy, Quote, QuoteRequest } from '../contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, isClientError, settings, libraries }) => {
  const breaker = new libraries.CircuitBreaker(
    // A signal per call, made here. opossum's own `abortController` option shares one controller between all calls
    // in flight: the first timeout would abort every other call too.
    (request: QuoteRequest): Promise<Quote> => fetchQuote(request, AbortSignal.timeout(settings.timeoutMs)),
    {
      // The signal above ends the call and frees its socket. opossum's timeout only stops waiting. It stays on as
      // well, a little later, because with `timeout: false` a half-open probe that never settles would keep the
      // breaker half-open for ever. There is no rate of slow calls in opossum: slow but under T counts as success.
      timeout: settings.timeoutMs + 50,
      rollingCountTimeout: settings.windowMs,
      // Finer buckets: the window forgets in steps of W / buckets, and each step is an error in the opening time.
      rollingCountBuckets: 20,
      errorThresholdPercentage: settings.errorThresholdPercent,
      // Without jitter: gateways that opened together probe together. opossum has no option for it.
      resetTimeout: settings.resetMs,
      // The default, 0, opens on the first failure of a quiet window (breaker-any-volume.ts). Calls that the open
      // breaker rejected count towards it, and stand in the share's denominator for another W after it has closed.
      volumeThreshold: settings.volumeThreshold,
      // A caller's mistake is no failure of the dependency (breaker-unfiltered.ts). The trap: opossum counts what is
      // filtered as a success, so in half-open one 404 closes the breaker. So does the late success of a call from
      // before it opened: one success is enough, and then all of λ passes.
      errorFilter: isClientError,
      // On by default: each failure then sorts the whole window's latencies. Timeouts are in those twice.
      rollingPercentilesEnabled: false,
    },
  );
  return {
    async call(request) {
      try {
        return { kind: 'quote', quote: await breaker.fire(request) };
      } catch (error) {
        // Only while it is open does a stale price stand in. A call that was tried and failed stays a failure: the
        // caller should know that this very request was not served.
        if (isOpen(error)) return { kind: 'fallback', quote: staleQuote(request) };
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
