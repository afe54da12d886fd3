/**
 * cursor-saved-late: poll-by-xid, but the cursor is written down once in a while and not with every batch.
 *
 * It looks like a saving, and is what auto-commit does in many clients. After a crash all comes again that was published
 * since the last save. Nothing is lost, and the consumer had better know.
 * Read next: poll-by-xid.ts.
 */
import type { OutboxRow, OutboxVariant } from '../contract.ts';
import pollByXid from './poll-by-xid.ts';

const CURSOR = 'poll-by-xid';
const SAVE_EVERY_MS = 1000;

const variant: OutboxVariant = {
  ...pollByXid,
  async relay({ postgres, publish, settings, wait, steps, signal }) {
    const saved = await postgres.query<{ xid: string; position: string }>(
      'SELECT xid, position FROM relay_cursor WHERE name = $1',
      [CURSOR],
    );
    let cursor = saved.rows[0] ?? { xid: '0', position: '0' };
    let savedAtMs = performance.now();
    while (!signal.aborted) {
      const { rows } = await postgres.query<OutboxRow & { xid: string }>(
        `SELECT xid, position, event FROM outbox
         WHERE (xid, position) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
         ORDER BY xid, position LIMIT $3`,
        [cursor.xid, cursor.position, settings.batchSize],
      );
      const last = rows.at(-1);
      if (last !== undefined) {
        const events = rows.map(({ event }) => event);
        steps.claimed(events);
        await publish(events);
        cursor = last;
        steps.marked(events);
      }
      if (performance.now() - savedAtMs > SAVE_EVERY_MS) {
        await postgres.query('UPDATE relay_cursor SET xid = $2, position = $3 WHERE name = $1', [
          CURSOR,
          cursor.xid,
          cursor.position,
        ]);
        savedAtMs = performance.now();
      }
      if (rows.length < settings.batchSize) await wait(settings.pollIntervalMs);
    }
  },
};
export default variant;
