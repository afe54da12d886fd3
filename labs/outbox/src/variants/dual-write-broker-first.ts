/**
 * dual-write-broker-first: publish the event, then commit the order.
 *
 * Now nothing is lost, and something is invented: a crash or a rollback after the publish leaves an event of an order
 * that does not exist. And a consumer may be quicker than the commit, and look for what is not there yet.
 * Read next: dual-write-db-first.ts (the other order), skip-locked.ts (what helps).
 */
import type { OutboxVariant } from '../contract.ts';

const variant: OutboxVariant = {
  place: ({ transaction, writeOrder, work, halfDone, publish }) =>
    transaction(async (client) => {
      const event = await writeOrder(client);
      await work();
      await publish([event]);
      halfDone(event);
    }),
};
export default variant;
