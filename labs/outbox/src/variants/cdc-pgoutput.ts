/**
 * cdc-pgoutput: let Postgres tell what was committed, in the order of commits, from its own log.
 *
 * A replication slot remembers how far its reader has come, so nobody polls, nothing is marked and no order of commits
 * is guessed. What is published and not acknowledged comes again. Invariant: acknowledged after the broker has, never
 * before. The price: the slot keeps WAL for as long as its reader is away (see ../../experiments/relay-down.ts), and
 * rows of the outbox are only removed by whoever thinks of it.
 * Read next: pgoutput-stream.ts (what comes over the wire), skip-locked.ts (the same promise with plain SQL).
 */
import type { OutboxVariant } from '../contract.ts';
import { publishOrBury } from '../dead-letter.ts';
import { openStream } from '../relay/pgoutput-stream.ts';

const variant: OutboxVariant = {
  // Before the first order: a slot tells nothing of what was committed before it was made.
  async prepareRelay({ postgres, replication: { slot, publication } }) {
    const { rowCount: publications } = await postgres.query('SELECT 1 FROM pg_publication WHERE pubname = $1', [
      publication,
    ]);
    if (publications === 0) {
      await postgres.query(`CREATE PUBLICATION ${publication} FOR TABLE outbox WITH (publish = 'insert')`);
    }
    const { rowCount: slots } = await postgres.query('SELECT 1 FROM pg_replication_slots WHERE slot_name = $1', [slot]);
    if (slots === 0) await postgres.query("SELECT pg_create_logical_replication_slot($1, 'pgoutput')", [slot]);
  },
  async relay(context) {
    const { postgres, settings, steps, signal } = context;
    await using stream = await openStream(context);
    while (!signal.aborted) {
      const { events, acknowledge } = await stream.take(settings.batchSize);
      steps.claimed(events);
      // A transaction comes as a whole, and may be larger than anything that Kafka takes at once.
      for (let from = 0; from < events.length; from += settings.batchSize) {
        await publishOrBury(events.slice(from, from + settings.batchSize), context, postgres);
      }
      acknowledge();
      steps.marked(events);
    }
  },
};
export default variant;
