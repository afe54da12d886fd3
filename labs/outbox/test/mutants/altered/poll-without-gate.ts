/** poll-by-xid without its gate: it no longer stops before the oldest open transaction. */
import type { OutboxRow, OutboxVariant } from '../../../src/contract.ts';
import pollByXid from '../../../src/variants/poll-by-xid.ts';
import { eventsOf, relayThat } from './move-batch.ts';

const variant: OutboxVariant = {
  ...pollByXid,
  ...relayThat(async ({ postgres, settings, publish, steps }) => {
    const { rows } = await postgres.query<OutboxRow & { xid: string }>(
      `SELECT xid, position, event FROM outbox
       WHERE (xid, position) > (SELECT xid, position FROM relay_cursor WHERE name = 'poll-by-xid')
       ORDER BY xid, position LIMIT $1`,
      [settings.batchSize],
    );
    const last = rows.at(-1);
    if (last === undefined) return 0;
    steps.claimed(eventsOf(rows));
    await publish(eventsOf(rows));
    await postgres.query(`UPDATE relay_cursor SET xid = $1, position = $2 WHERE name = 'poll-by-xid'`, [
      last.xid,
      last.position,
    ]);
    return rows.length;
  }),
};
export default variant;
