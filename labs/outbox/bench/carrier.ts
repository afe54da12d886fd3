/**
 * Who carries events from Postgres to Kafka, as the bench starts it: a relay of this lab, or a job queue.
 *
 * Invariant: all publish by the same client with the same settings (src/kafka.ts), which announces what was acknowledged.
 * Read next: peers/graphile-worker.ts, peers/pg-boss.ts, relay-main.ts (who counts).
 */
import type { Pool } from 'pg';
import type { OrderPlaced, OutboxVariant } from '../src/contract.ts';
import { createRelay } from '../src/relay/app.ts';
import { fill } from './backlog.ts';
import { reportErrors } from './report-errors.ts';
import type { Place } from './stand.ts';

export interface CarrierOptions extends Place {
  batchSize: number;
  pollIntervalMs: number;
  /** How many orders were committed together. */
  rowsPerTransaction: number;
}

export interface Carrier {
  /** Puts that many events where it takes them from. */
  fill: (count: number) => Promise<void>;
  /** From here on it carries. */
  start: () => Promise<void>;
}

export type OpenCarrier = (
  options: CarrierOptions & {
    publish: (events: readonly OrderPlaced[]) => Promise<void>;
  },
) => Promise<Carrier>;

/** The lab's own relay process without its HTTP. It is prepared at once: a slot knows nothing of what was before it. */
export async function openRelay(
  variant: OutboxVariant,
  pool: Pool,
  options: CarrierOptions & {
    /** Calls `publish`, which sends that batch, when it may. Left out: at once. */
    around?: (batch: readonly OrderPlaced[], publish: () => Promise<void>) => Promise<void>;
  },
): Promise<Carrier> {
  const { batchSize, pollIntervalMs, rowsPerTransaction, around = (_, publish) => publish() } = options;
  const started = Promise.withResolvers<void>();
  await createRelay({
    ...options,
    variant: {
      ...variant,
      async relay(context) {
        const ended = new Promise<void>((end) => context.signal.addEventListener('abort', () => end(), { once: true }));
        await Promise.race([started.promise, ended]);
        const publish: typeof context.publish = (batch) => around(batch, () => context.publish(batch));
        if (!context.signal.aborted) await variant.relay?.({ ...context, publish });
      },
    },
    settings: { batchSize, pollIntervalMs, relayIndex: 0, relays: 1 },
    logger: reportErrors,
  });
  return {
    fill: (count) => fill(pool, count, { rowsPerTransaction }),
    start: async () => started.resolve(),
  };
}
