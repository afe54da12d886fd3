/**
 * Retries out of a budget: each request pays in a tenth of a retry, each retry takes a whole one.
 *
 * While few calls fail, nearly each of them gets its retry. When all fail, retries add at most a tenth to the load,
 * whatever r is, because there is nothing to pay with. Client side only, no coordination.
 * Source: "Handling Overload" in Site Reliability Engineering (per-client retry budget of 10 %); Finagle's RetryBudget.
 * Invariant: retries ≤ SHARE · requests + RESERVE, over any span of time.
 * Read next: breaker.ts, adaptive.ts (spending less than the whole load, not only less than all retries).
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { CreatePolicy } from '../contract.ts';

const RETRIES = 3;
/** What a request pays in. */
const SHARE = 0.1;
/** The most that can be saved up. A large reserve is a retry storm that waits for its outage; it starts empty. */
const RESERVE = 5;
const BACKOFF_MS = 20;

const createPolicy: CreatePolicy = ({ fetchQuote, isClientError, settings, random }) => {
  let budget = 0;
  return {
    async call(request) {
      budget = Math.min(RESERVE, budget + SHARE);
      for (let retries = 0; ; retries++) {
        try {
          const quote = await fetchQuote(request, AbortSignal.timeout(settings.timeoutMs));
          return { kind: 'quote', quote };
        } catch (error) {
          if (retries === RETRIES || budget < 1 || isClientError(error)) throw error;
          budget -= 1;
          // Full jitter: clients that failed together should not come back together.
          await delay(random() * BACKOFF_MS * 2 ** retries);
        }
      }
    },
  };
};

export default createPolicy;
