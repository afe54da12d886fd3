/** Mutant: only one relay works at a time. */
import type { OutboxVariant } from '../../src/contract.ts';
import { eventsOf, mark, relayThat, take } from './altered/move-batch.ts';

const ONE_AT_A_TIME = 7_152_303;

const variant: OutboxVariant = relayThat((context) =>
  context.transaction(async (client) => {
    await client.query('SELECT pg_advisory_xact_lock($1)', [ONE_AT_A_TIME]);
    const rows = await take(client, context);
    await context.publish(eventsOf(rows));
    await mark(client, rows);
    return rows.length;
  }),
);
export default variant;
