/**
 * What `breaker` does, with cockatiel. For the bench only.
 *
 * Alike: T, W, p, R, the volume threshold, the filter, one probe, a signal per call, the fallback while open. Different:
 * the window moves in steps of a second (opossum: W/20 here), and when a call has returned, cockatiel aborts its signal
 * at once, where AbortSignal.timeout aborts it after T.
 */
import {
  BrokenCircuitError,
  circuitBreaker,
  handleWhen,
  SamplingBreaker,
  TimeoutStrategy,
  timeout,
  wrap,
} from 'cockatiel';
import type { CreatePolicy } from '../src/contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, isClientError, settings }) => {
  const breaker = wrap(
    circuitBreaker(
      handleWhen((error) => !isClientError(error)),
      {
        halfOpenAfter: settings.resetMs,
        breaker: new SamplingBreaker({
          threshold: settings.errorThresholdPercent / 100,
          duration: settings.windowMs,
          minimumRps: settings.volumeThreshold / (settings.windowMs / 1000),
        }),
      },
    ),
    // Aborts the signal and stops waiting, as the two timeouts of breaker.ts do together.
    timeout(settings.timeoutMs, TimeoutStrategy.Aggressive),
  );
  return {
    async call(request) {
      try {
        return { kind: 'quote', quote: await breaker.execute(({ signal }) => fetchQuote(request, signal)) };
      } catch (error) {
        if (error instanceof BrokenCircuitError) return { kind: 'fallback', quote: staleQuote(request) };
        throw error;
      }
    },
  };
};

export default createPolicy;
