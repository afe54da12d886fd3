/** Mutant: marks before it publishes. */
import type { OutboxVariant } from '../../src/contract.ts';
import { eventsOf, mark, relayThat, take } from './altered/move-batch.ts';
import { publishOneByOne } from './altered/one-by-one.ts';

const variant: OutboxVariant = relayThat(async (context) => {
  const rows = await context.transaction(async (client) => {
    const taken = await take(client, context);
    await mark(client, taken);
    return taken;
  });
  await publishOneByOne(eventsOf(rows), context);
  return rows.length;
});
export default variant;
