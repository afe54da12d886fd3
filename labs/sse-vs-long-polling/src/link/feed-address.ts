/**
 * Where the feed's public port is, kept until a connection to it is refused.
 *
 * A feed that was started anew has another port, which no client of a real one would have to know.
 */
import { z } from 'zod';

/** The feed is on this machine: whoever has not answered by then is stopped or busy, and the connection is refused. */
const LIMIT_MS = 1000;

const addressSchema = z.object({ port: z.number().int().min(1).max(65_535) });

export interface FeedAddress {
  /** Rejects if the feed does not answer. All who ask at the same time get one answer. */
  port(): Promise<number>;
  /** This port is not the feed's any more: it is asked again. */
  forget(port: number): void;
}

export function feedAddress(feedUrl: string): FeedAddress {
  let asked: Promise<number> | null = null;
  let known: number | null = null;
  const ask = async () => {
    const response = await fetch(new URL('/control/address', feedUrl), { signal: AbortSignal.timeout(LIMIT_MS) });
    return addressSchema.parse(await response.json()).port;
  };
  return {
    async port() {
      if (known !== null) return known;
      asked ??= ask().finally(() => {
        asked = null;
      });
      known = await asked;
      return known;
    },
    forget(port) {
      if (known === port) known = null;
    },
  };
}
