/** Mutant: it puts the poison aside. */
import type { OutboxRow, OutboxVariant } from '../../src/contract.ts';
import { publishOrBury } from '../../src/dead-letter.ts';
import { eventsOf, relayThat } from './altered/move-batch.ts';

const variant: OutboxVariant = relayThat((context) =>
  context.transaction(async (client) => {
    const { rows } = await client.query<OutboxRow>('SELECT position, event FROM outbox ORDER BY position LIMIT $1', [
      context.settings.batchSize,
    ]);
    const last = rows.at(-1);
    if (last === undefined) return 0;
    await publishOrBury(eventsOf(rows), context, client);
    await client.query('DELETE FROM outbox WHERE position <= $1', [last.position]);
    return rows.length;
  }),
);
export default variant;
