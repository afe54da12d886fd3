/**
 * The contract: how a gateway calls a dependency that may fail. Each file under variants/ is one way.
 *
 * Everything arrives in the context, so that a policy outside of this workspace needs no import:
 * `./lab run circuit-breaker --variant ./mine.ts`.
 * Read next: variants/none.ts, variants/timeout.ts, variants/breaker.ts, in this order.
 */
import type CircuitBreaker from 'opossum';

/** What is asked for. The dependency keeps its items in shards; the caller knows which one holds which. */
export interface QuoteRequest {
  item: number;
  /** From 0. */
  shard: number;
}

/** What the dependency answers. */
export interface Quote {
  price: number;
}

/** `fallback` is an answer that the policy made up itself; callers see it as degraded, not as ok. */
export type Answer = { kind: 'quote'; quote: Quote } | { kind: 'fallback'; quote: Quote };

/** The dependency answered, with an error. No `status`: there was no answer at all. */
export interface CallError extends Error {
  status?: number;
}

export interface PolicyContext {
  /** One call to the dependency. Throws a CallError if it answers with an error, is not there, or the signal aborts. */
  fetchQuote: (request: QuoteRequest, signal?: AbortSignal) => Promise<Quote>;
  /** What to answer when the dependency cannot: the last price that was known. */
  staleQuote: (request: QuoteRequest) => Quote;
  /** Whether the caller asked for something that cannot be had (a 4xx, but not 408 or 429). */
  isClientError: (error: unknown) => boolean;
  settings: {
    /** Give up on a call after this long (T). */
    timeoutMs: number;
    /** Over how long errors are counted (W). */
    windowMs: number;
    /** Open above this share of failed calls, in percent (p). */
    errorThresholdPercent: number;
    /** Let one call try again after this long (R). */
    resetMs: number;
    /** Open on no fewer calls in the window than this. */
    volumeThreshold: number;
    /** How many shards the dependency has. */
    shards: number;
    /** How many calls a bulkhead lets through at once. */
    bulkheadCalls: number;
  };
  /** In [0, 1). */
  random: () => number;
  /** The library that `breaker` uses, for policies that have no node_modules of their own. */
  libraries: { CircuitBreaker: typeof CircuitBreaker };
}

export interface Policy {
  /** Answers, or throws when the call failed and the policy has nothing to put in its place. */
  call(request: QuoteRequest): Promise<Answer>;
  close?(): Promise<void>;
}

/** The default export of a file under variants/. */
export type CreatePolicy = (context: PolicyContext) => Policy | Promise<Policy>;
