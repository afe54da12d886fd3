/**
 * poll-by-id: remember the last position, ask for what is beyond it.
 *
 * A sequence gives out its numbers when rows are inserted, and rows become visible when their transactions commit. A
 * transaction that was slower than one that began after it commits a position that the cursor has passed already. No
 * crash is needed, only two customers at the same time.
 * Read next: poll-by-xid.ts (a cursor that waits), skip-locked.ts (no cursor at all).
 */
import type { OutboxRow, OutboxVariant } from '../contract.ts';

const CURSOR = 'poll-by-id';

const variant: OutboxVariant = {
  async prepareRelay({ postgres }) {
    await postgres.query('INSERT INTO relay_cursor (name) VALUES ($1) ON CONFLICT DO NOTHING', [CURSOR]);
  },
  async relay({ postgres, publish, settings, wait, steps, signal }) {
    while (!signal.aborted) {
      const { rows } = await postgres.query<OutboxRow>(
        `SELECT position, event FROM outbox
         WHERE position > (SELECT position FROM relay_cursor WHERE name = $1) ORDER BY position LIMIT $2`,
        [CURSOR, settings.batchSize],
      );
      const last = rows.at(-1);
      if (last !== undefined) {
        const events = rows.map(({ event }) => event);
        steps.claimed(events);
        await publish(events);
        await postgres.query('UPDATE relay_cursor SET position = $2 WHERE name = $1', [CURSOR, last.position]);
        steps.marked(events);
      }
      if (rows.length < settings.batchSize) await wait(settings.pollIntervalMs);
    }
  },
};
export default variant;
