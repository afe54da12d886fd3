/** Mutant: publishes many batches before it marks any. */
import type { OutboxRow, OutboxVariant } from '../../src/contract.ts';
import { eventsOf, mark, relayThat, take } from './altered/move-batch.ts';

const BATCHES = 10;

const variant: OutboxVariant = relayThat((context) =>
  context.transaction(async (client) => {
    const all: OutboxRow[] = [];
    for (let batch = 0; batch < BATCHES; batch++) {
      const known = new Set(all.map(({ position }) => position));
      const rows = (await take(client, context)).filter(({ position }) => !known.has(position));
      context.steps.claimed(eventsOf(rows));
      await context.publish(eventsOf(rows));
      all.push(...rows);
      await context.wait(context.settings.pollIntervalMs);
    }
    await mark(client, all);
    return 0;
  }),
);
export default variant;
