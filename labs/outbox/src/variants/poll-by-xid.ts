/**
 * poll-by-xid: a cursor over transactions, which stops before the oldest one that is still open.
 *
 * Whatever has a lower transaction id than pg_snapshot_xmin has ended, so nothing can appear behind the cursor any
 * more. The price: any open transaction that has an id holds all relays up, in whatever database of the server it is.
 * Read next: poll-by-id.ts (without the gate), ../../experiments/long-transaction.ts (the price).
 */
import type { OutboxRow, OutboxVariant } from '../contract.ts';
import { publishOrBury } from '../dead-letter.ts';

const CURSOR = 'poll-by-xid';

const variant: OutboxVariant = {
  async prepareRelay({ postgres }) {
    await postgres.query('INSERT INTO relay_cursor (name) VALUES ($1) ON CONFLICT DO NOTHING', [CURSOR]);
  },
  async relay(context) {
    const { transaction, settings, wait, steps, signal } = context;
    while (!signal.aborted) {
      const taken = await transaction(async (client) => {
        // The row's lock: a second relay waits here, and finds the cursor moved.
        const { rows: cursors } = await client.query<{ xid: string; position: string }>(
          'SELECT xid, position FROM relay_cursor WHERE name = $1 FOR UPDATE',
          [CURSOR],
        );
        const cursor = cursors[0];
        const { rows } = await client.query<OutboxRow & { xid: string }>(
          `SELECT xid, position, event FROM outbox
           WHERE (xid, position) > ($1::xid8, $2::bigint) AND xid < pg_snapshot_xmin(pg_current_snapshot())
           ORDER BY xid, position LIMIT $3`,
          [cursor?.xid, cursor?.position, settings.batchSize],
        );
        const last = rows.at(-1);
        if (last === undefined) return 0;
        const events = rows.map(({ event }) => event);
        steps.claimed(events);
        await publishOrBury(events, context, client);
        await client.query('UPDATE relay_cursor SET xid = $2, position = $3 WHERE name = $1', [
          CURSOR,
          last.xid,
          last.position,
        ]);
        return rows.length;
      });
      if (taken < settings.batchSize) await wait(settings.pollIntervalMs);
    }
  },
};
export default variant;
