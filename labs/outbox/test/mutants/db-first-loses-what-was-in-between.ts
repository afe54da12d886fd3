/** Mutant: what it publishes itself is in an outbox too, with a relay. */
import type { OrderPlaced, OutboxVariant } from '../../src/contract.ts';
import skipLocked from '../../src/variants/skip-locked.ts';

const variant: OutboxVariant = {
  ...skipLocked,
  async place({ transaction, writeOrder, writeOutbox, halfDone, publish }) {
    let event: OrderPlaced | undefined;
    await transaction(async (client) => {
      event = await writeOrder(client);
      await writeOutbox(client, event);
    });
    if (event === undefined) return;
    halfDone(event);
    await publish([event]);
  },
};
export default variant;
