/** skip-locked's batch in pieces, so that a mutant can leave one out or do it in another order. */
import type { PoolClient } from 'pg';
import type { OutboxRow, OutboxVariant, RelayContext } from '../../../src/contract.ts';

export function take(client: PoolClient, { settings: { batchSize } }: RelayContext): Promise<OutboxRow[]> {
  return client
    .query<OutboxRow>(
      'SELECT position, event FROM outbox WHERE published_at IS NULL ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED',
      [batchSize],
    )
    .then(({ rows }) => rows);
}

export async function mark(client: Pick<PoolClient, 'query'>, rows: readonly OutboxRow[]): Promise<void> {
  await client.query('UPDATE outbox SET published_at = now() WHERE position = ANY($1)', [
    rows.map(({ position }) => position),
  ]);
}

export const eventsOf = (rows: readonly OutboxRow[]) => rows.map(({ event }) => event);

/** A relay that moves batches in some way of its own; `move` returns how many rows it took. */
export function relayThat(move: (context: RelayContext) => Promise<number>): Pick<OutboxVariant, 'relay'> {
  return {
    async relay(context) {
      while (!context.signal.aborted) {
        if ((await move(context)) < context.settings.batchSize) await context.wait(context.settings.pollIntervalMs);
      }
    },
  };
}
