/** Mutant: orders commit in the order of their positions, since each locks the table before it inserts. */
import type { OutboxVariant } from '../../src/contract.ts';
import pollById from '../../src/variants/poll-by-id.ts';

const variant: OutboxVariant = {
  ...pollById,
  place: ({ transaction, writeOrder, writeOutbox, work }) =>
    transaction(async (client) => {
      const event = await writeOrder(client);
      await work();
      await client.query('LOCK TABLE outbox IN SHARE ROW EXCLUSIVE MODE');
      await writeOutbox(client, event);
    }),
};
export default variant;
