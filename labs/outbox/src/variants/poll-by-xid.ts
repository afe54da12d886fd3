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
/** Any number will do, as long as it is not used for something else. */
const ONE_AT_A_TIME = 7_152_304;

const variant: OutboxVariant = {
  async prepareRelay({ postgres }) {
    await postgres.query('CREATE INDEX IF NOT EXISTS outbox_xid ON outbox (xid, position)');
    await postgres.query('INSERT INTO relay_cursor (name) VALUES ($1) ON CONFLICT DO NOTHING', [CURSOR]);
  },
  async relay(context) {
    const { transaction, settings, wait, steps, signal } = context;
    while (!signal.aborted) {
      const taken = await transaction(async (client) => {
        // A second relay waits here, and finds the cursor moved. FOR UPDATE would do that too, and give this transaction
        // an id of its own for as long as it publishes: every other gate of this kind would wait for it.
        await client.query('SELECT pg_advisory_xact_lock($1)', [ONE_AT_A_TIME]);
        const { rows: cursors } = await client.query<{ xid: string; position: string }>(
          'SELECT xid, position FROM relay_cursor WHERE name = $1',
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
        if (last === undefined) return rows;
        const events = rows.map(({ event }) => event);
        steps.claimed(events);
        await publishOrBury(events, context, client);
        await client.query('UPDATE relay_cursor SET xid = $2, position = $3 WHERE name = $1', [
          CURSOR,
          last.xid,
          last.position,
        ]);
        return rows;
      });
      if (taken.length > 0) steps.marked(taken.map(({ event }) => event));
      if (taken.length < settings.batchSize) await wait(settings.pollIntervalMs);
    }
  },
};
export default variant;
