/**
 * skip-locked: take a batch, publish it, mark it. What is locked by another relay is skipped.
 *
 * The locks are held until the commit, so no other relay takes the same rows, and a relay that dies gives them back at
 * once. Invariant: marked after the broker has acknowledged, never before. The price is a batch that is published twice
 * when the relay dies in between.
 * Read next: skip-locked-with-inbox.ts (who takes the second one out), poll-by-id.ts (why not just a cursor).
 */
import type { OutboxRow, OutboxVariant, RelayContext } from '../contract.ts';
import { publishOrBury } from '../dead-letter.ts';

/** Moves one batch; returns how many rows it took. */
export async function moveBatch(context: RelayContext): Promise<number> {
  const { transaction, settings, steps } = context;
  let taken: OutboxRow[] = [];
  await transaction(async (client) => {
    const { rows } = await client.query<OutboxRow>(
      `SELECT position, event FROM outbox WHERE published_at IS NULL
       ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [settings.batchSize],
    );
    taken = rows;
    if (taken.length === 0) return;
    const events = taken.map(({ event }) => event);
    steps.claimed(events);
    await publishOrBury(events, context, client);
    await client.query('UPDATE outbox SET published_at = now() WHERE position = ANY($1)', [
      taken.map(({ position }) => position),
    ]);
  });
  if (taken.length > 0) steps.marked(taken.map(({ event }) => event));
  return taken.length;
}

const variant: OutboxVariant = {
  async relay(context) {
    const { signal, settings, wait } = context;
    while (!signal.aborted) {
      // A full batch: there is more.
      if ((await moveBatch(context)) < settings.batchSize) await wait(settings.pollIntervalMs);
    }
  },
};
export default variant;
