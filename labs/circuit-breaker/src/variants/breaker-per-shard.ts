/**
 * A breaker for each shard: what fails together is judged together, and nothing else.
 *
 * A dependency with N shards of which one is down fails 1/N of the calls. One breaker over all of them sees 1/N: with
 * p below that it cuts off the healthy shards as well, with p above that it never opens. A breaker a shard sees 100 %
 * on one shard and 0 % on the others. The price: each window holds only λ/N·W calls, and N breakers send N probes.
 * Changed against breaker.ts: one breaker for each shard. Read next: ../../experiments/shards.ts.
 */
import type { CreatePolicy, Quote, QuoteRequest } from '../contract.ts';

const createPolicy: CreatePolicy = ({ fetchQuote, staleQuote, isClientError, settings, libraries }) => {
  // All of them from the start: shards are few and known. Breakers by customer or by url would need an upper limit.
  const breakers = Array.from(
    { length: settings.shards },
    () =>
      new libraries.CircuitBreaker(
        (request: QuoteRequest): Promise<Quote> => fetchQuote(request, AbortSignal.timeout(settings.timeoutMs)),
        {
          timeout: settings.timeoutMs + 50,
          rollingCountTimeout: settings.windowMs,
          rollingCountBuckets: 20,
          errorThresholdPercentage: settings.errorThresholdPercent,
          resetTimeout: settings.resetMs,
          volumeThreshold: settings.volumeThreshold,
          errorFilter: isClientError,
          rollingPercentilesEnabled: false,
        },
      ),
  );
  return {
    async call(request) {
      const breaker = breakers[request.shard];
      if (breaker === undefined) throw new RangeError(`there is no shard ${request.shard}, only ${breakers.length}`);
      try {
        return { kind: 'quote', quote: await breaker.fire(request) };
      } catch (error) {
        if ((error as { code?: string }).code !== 'EOPENBREAKER') throw error;
        return { kind: 'fallback', quote: staleQuote(request) };
      }
    },
    async close() {
      for (const breaker of breakers) breaker.shutdown();
    },
  };
};

export default createPolicy;
