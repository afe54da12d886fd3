/** Mutant: publishes when the order is committed. */
import type { OrderPlaced, OutboxVariant } from '../../src/contract.ts';

const variant: OutboxVariant = {
  async place({ transaction, writeOrder, halfDone, publish }) {
    let event: OrderPlaced | undefined;
    await transaction(async (client) => {
      event = await writeOrder(client);
      halfDone(event);
    });
    if (event !== undefined) await publish([event]);
  },
};
export default variant;
