/** Mutant: marks what could not be published as well. */
import type { OutboxVariant } from '../../src/contract.ts';
import { eventsOf, mark, relayThat, take } from './altered/move-batch.ts';

const variant: OutboxVariant = relayThat((context) =>
  context.transaction(async (client) => {
    const rows = await take(client, context);
    await context.publish(eventsOf(rows)).catch(() => {});
    await mark(client, rows);
    return rows.length;
  }),
);
export default variant;
