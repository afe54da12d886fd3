/** Mutant: marks before it publishes. */
import type { OutboxVariant } from '../../src/contract.ts';
import { eventsOf, mark, relayThat, take } from './altered/move-batch.ts';

const variant: OutboxVariant = relayThat(async (context) => {
  const rows = await context.transaction(async (client) => {
    const taken = await take(client, context);
    await mark(client, taken);
    return taken;
  });
  const [first, ...others] = eventsOf(rows);
  // One by one: what it dies in the middle of is a batch of several.
  if (first !== undefined) await context.publish([first]);
  await context.publish(others);
  return rows.length;
});
export default variant;
