/**
 * dual-write-db-first: commit the order, then publish its event.
 *
 * What most people write first. Between the two there is a moment at which a crash, or a broker that is away, loses the
 * event for ever: nothing anywhere says that it is owed.
 * Read next: dual-write-broker-first.ts (the other order), skip-locked.ts (what helps).
 */
import type { OrderPlaced, OutboxVariant } from '../contract.ts';

const variant: OutboxVariant = {
  async place({ transaction, writeOrder, work, halfDone, publish }) {
    let event: OrderPlaced | undefined;
    await transaction(async (client) => {
      event = await writeOrder(client);
      await work();
    });
    if (event === undefined) return;
    halfDone(event);
    await publish([event]);
  },
};
export default variant;
