/**
 * skip-locked-by-key: of several relays each has its own customers.
 *
 * With SKIP LOCKED alone two relays share the work, and a customer's second event may be in the batch that is sent
 * first. Split by the key that order matters for, each customer has one relay. The price: a relay that is down holds
 * its customers up, and changing the number of relays needs all of them to stop.
 * Read next: skip-locked.ts (any relay takes any row).
 */
import type { OutboxRow, OutboxVariant } from '../contract.ts';
import { publishOrBury } from '../dead-letter.ts';

const variant: OutboxVariant = {
  async relay(context) {
    const { transaction, settings, steps, wait, signal } = context;
    const { batchSize, relays, relayIndex } = settings;
    while (!signal.aborted) {
      const taken = await transaction(async (client) => {
        const { rows } = await client.query<OutboxRow>(
          `SELECT position, event FROM outbox WHERE published_at IS NULL AND customer % $2 = $3
           ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED`,
          [batchSize, relays, relayIndex],
        );
        if (rows.length === 0) return rows;
        const events = rows.map(({ event }) => event);
        steps.claimed(events);
        await publishOrBury(events, context, client);
        await client.query('UPDATE outbox SET published_at = now() WHERE position = ANY($1)', [
          rows.map(({ position }) => position),
        ]);
        return rows;
      });
      if (taken.length > 0) steps.marked(taken.map(({ event }) => event));
      if (taken.length < batchSize) await wait(settings.pollIntervalMs);
    }
  },
};
export default variant;
