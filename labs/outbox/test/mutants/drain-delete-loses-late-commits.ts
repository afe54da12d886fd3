/** Mutant: deletes what it has read, and not what lies before it. */
import type { OutboxRow, OutboxVariant } from '../../src/contract.ts';
import { eventsOf, relayThat } from './altered/move-batch.ts';

const variant: OutboxVariant = relayThat(({ transaction, settings, publish }) =>
  transaction(async (client) => {
    const { rows } = await client.query<OutboxRow>('SELECT position, event FROM outbox ORDER BY position LIMIT $1', [
      settings.batchSize,
    ]);
    await publish(eventsOf(rows));
    await client.query('DELETE FROM outbox WHERE position = ANY($1)', [rows.map(({ position }) => position)]);
    return rows.length;
  }),
);
export default variant;
