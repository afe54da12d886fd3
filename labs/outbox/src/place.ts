/**
 * The transactional outbox: the order and its event are rows of one transaction, so there is one or both or none.
 *
 * Read next: variants/dual-write-db-first.ts (what it replaces), variants/skip-locked.ts (who carries the event on).
 */
import type { PlaceContext } from './contract.ts';

export async function placeInOneTransaction(context: PlaceContext): Promise<void> {
  const { transaction, writeOrder, writeOutbox, halfDone, work } = context;
  await transaction(async (client) => {
    const event = await writeOrder(client);
    halfDone(event);
    await writeOutbox(client, event);
    await work();
  });
}
