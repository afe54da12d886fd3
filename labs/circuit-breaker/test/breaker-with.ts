/** The lab's breaker with options changed: most mutants disable one of them. */
import type CircuitBreaker from 'opossum';
import type { CreatePolicy, PolicyContext, Quote, QuoteRequest } from '../src/contract.ts';

type Change = (settings: PolicyContext['settings']) => CircuitBreaker.Options;

/** `fetch` replaces the protected call; `of` names which breaker a request belongs to (one for all by default). */
export function breakerWith(
  change: Change,
  {
    fetch = ({ fetchQuote, settings }, request) => fetchQuote(request, AbortSignal.timeout(settings.timeoutMs)),
    of = () => 0,
  }: {
    fetch?: (context: PolicyContext, request: QuoteRequest) => Promise<Quote>;
    of?: (request: QuoteRequest) => number;
  } = {},
): CreatePolicy {
  return (context) => {
    const { settings, staleQuote, isClientError, libraries } = context;
    const breakers = new Map<number, CircuitBreaker<[QuoteRequest], Quote>>();
    const breakerOf = (request: QuoteRequest) => {
      const key = of(request);
      const known = breakers.get(key);
      if (known !== undefined) return known;
      const made = new libraries.CircuitBreaker((asked: QuoteRequest) => fetch(context, asked), {
        timeout: settings.timeoutMs + 50,
        rollingCountTimeout: settings.windowMs,
        rollingCountBuckets: 20,
        errorThresholdPercentage: settings.errorThresholdPercent,
        resetTimeout: settings.resetMs,
        volumeThreshold: settings.volumeThreshold,
        errorFilter: isClientError,
        rollingPercentilesEnabled: false,
        ...change(settings),
      });
      breakers.set(key, made);
      return made;
    };
    return {
      async call(request) {
        try {
          return { kind: 'quote', quote: await breakerOf(request).fire(request) };
        } catch (error) {
          if ((error as { code?: string }).code !== 'EOPENBREAKER') throw error;
          return { kind: 'fallback', quote: staleQuote(request) };
        }
      },
      async close() {
        for (const breaker of breakers.values()) breaker.shutdown();
      },
    };
  };
}
