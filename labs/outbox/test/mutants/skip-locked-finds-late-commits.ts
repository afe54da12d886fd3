/** Mutant: marks all up to the last row that it has read. */
import type { OutboxVariant } from '../../src/contract.ts';
import { eventsOf, relayThat, take } from './altered/move-batch.ts';

const variant: OutboxVariant = relayThat((context) =>
  context.transaction(async (client) => {
    const rows = await take(client, context);
    await context.publish(eventsOf(rows));
    await client.query('UPDATE outbox SET published_at = now() WHERE published_at IS NULL AND position <= $1', [
      rows.at(-1)?.position ?? 0,
    ]);
    return rows.length;
  }),
);
export default variant;
