/**
 * The contract: how a gateway calls a dependency that may fail. Each file under variants/ is one way.
 *
 * Everything arrives in the context, so that a policy outside of this workspace needs no import:
 * `./lab run circuit-breaker --variant ./mine.ts`.
 * Read next: variants/none.ts, variants/timeout.ts, variants/breaker.ts, in this order.
 */
import type CircuitBreaker from 'opossum';

/** What the dependency answers. */
export interface Quote {
  price: number;
}

/** `fallback` is an answer that the policy made up itself; callers see it as degraded, not as ok. */
export type Answer = { kind: 'quote'; quote: Quote } | { kind: 'fallback'; quote: Quote };

export interface PolicyContext {
  /** One call to the dependency. Throws if it answers with an error, is not there, or the signal aborts. */
  fetchQuote: (signal?: AbortSignal) => Promise<Quote>;
  /** What to answer when the dependency cannot: the last price that was known. */
  staleQuote: () => Quote;
  settings: {
    /** Give up on a call after this long (T). */
    timeoutMs: number;
    /** Over how long errors are counted (W). */
    windowMs: number;
    /** Open above this share of failed calls, in percent (p). */
    errorThresholdPercent: number;
    /** Let one call try again after this long (R). */
    resetMs: number;
  };
  /** The library that `breaker` uses, for policies that have no node_modules of their own. */
  libraries: { CircuitBreaker: typeof CircuitBreaker };
}

export interface Policy {
  /** Answers, or throws when the call failed and the policy has nothing to put in its place. */
  call(): Promise<Answer>;
  close?(): Promise<void>;
}

/** The default export of a file under variants/. */
export type CreatePolicy = (context: PolicyContext) => Policy | Promise<Policy>;
