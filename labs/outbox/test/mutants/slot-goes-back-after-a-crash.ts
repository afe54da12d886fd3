/** Mutant: remembers in the table itself what it has published, and asks before it publishes again. */
import type { OutboxVariant } from '../../src/contract.ts';
import { openStream } from '../../src/relay/pgoutput-stream.ts';
import cdcPgoutput from '../../src/variants/cdc-pgoutput.ts';

const variant: OutboxVariant = {
  ...cdcPgoutput,
  async relay(context) {
    const { signal, settings, publish, postgres } = context;
    await using stream = await openStream(context);
    while (!signal.aborted) {
      const { events, acknowledge } = await stream.take(settings.batchSize);
      const ids = events.map(({ id }) => id);
      const { rows } = await postgres.query<{ id: number }>(
        `SELECT (event->>'id')::int AS id FROM outbox WHERE published_at IS NULL AND (event->>'id')::int = ANY($1)`,
        [ids],
      );
      const open = new Set(rows.map(({ id }) => id));
      await publish(events.filter(({ id }) => open.has(id)));
      await postgres.query(`UPDATE outbox SET published_at = now() WHERE (event->>'id')::int = ANY($1)`, [ids]);
      acknowledge();
    }
  },
};
export default variant;
