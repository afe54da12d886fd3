/**
 * drain-delete: read from the start of the table, publish, delete up to the last position that was read.
 *
 * At READ COMMITTED each statement sees what is committed when it begins. What commits between the SELECT and the
 * DELETE with a lower position was never read, and is deleted. (In one REPEATABLE READ transaction the DELETE would not
 * see it either, and leave it alone.)
 * Read next: poll-by-id.ts (the same gap, seen by a cursor), skip-locked.ts.
 */
import type { OutboxRow, OutboxVariant } from '../contract.ts';

const variant: OutboxVariant = {
  async relay({ transaction, publish, settings, wait, steps, signal }) {
    while (!signal.aborted) {
      const taken = await transaction(async (client) => {
        const { rows } = await client.query<OutboxRow>(
          'SELECT position, event FROM outbox ORDER BY position LIMIT $1',
          [settings.batchSize],
        );
        const last = rows.at(-1);
        if (last === undefined) return 0;
        const events = rows.map(({ event }) => event);
        steps.claimed(events);
        await publish(events);
        await client.query('DELETE FROM outbox WHERE position <= $1', [last.position]);
        steps.marked(events);
        return rows.length;
      });
      if (taken < settings.batchSize) await wait(settings.pollIntervalMs);
    }
  },
};
export default variant;
