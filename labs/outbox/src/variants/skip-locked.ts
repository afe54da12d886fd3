/**
 * skip-locked: take a batch, publish it, mark it. What is locked by another relay is skipped.
 *
 *   batch 1   take ── publish ── mark, commit
 *   batch 2             take ── (waits) ────── publish ── mark, commit
 *
 * The locks are held until the commit, so no other relay takes the same rows, and a relay that dies gives them back at
 * once. While one batch is on its way to the broker the next one is taken, and waits: batches are published in the order
 * in which they were taken.
 * Invariant: marked after the broker has acknowledged, never before; and published after the batch before was marked. The
 * price is a batch that is published twice when the relay dies in between.
 * Read next: skip-locked-with-inbox.ts (who takes the second one out), poll-by-id.ts (why not just a cursor).
 */
import type { OutboxRow, OutboxVariant, RelayContext } from '../contract.ts';
import { publishOrBury } from '../dead-letter.ts';

/** Moves one batch, after the one before it has ended; `onTaken` gets to know how many rows it has. */
async function moveBatch(
  context: RelayContext,
  { before, onTaken }: { before: Promise<void>; onTaken: (rows: number) => void },
): Promise<void> {
  const { transaction, settings, steps } = context;
  const events = await transaction(async (client) => {
    const { rows } = await client.query<OutboxRow>(
      `SELECT position, event FROM outbox WHERE published_at IS NULL
       ORDER BY position LIMIT $1 FOR UPDATE SKIP LOCKED`,
      [settings.batchSize],
    );
    onTaken(rows.length);
    const taken = rows.map(({ event }) => event);
    await before;
    if (taken.length === 0) return taken;
    steps.claimed(taken);
    await publishOrBury(taken, context, client);
    await client.query('UPDATE outbox SET published_at = now() WHERE position = ANY($1)', [
      rows.map(({ position }) => position),
    ]);
    return taken;
  });
  if (events.length > 0) steps.marked(events);
}

/** Moves batches for as long as they are full. If one fails, so does the one behind it. */
export async function moveAll(context: RelayContext): Promise<void> {
  const { signal, settings } = context;
  let before = Promise.resolve();
  let taken: number;
  do {
    const isTaken = Promise.withResolvers<number>();
    const moving = moveBatch(context, { before, onTaken: isTaken.resolve });
    taken = await Promise.race([isTaken.promise, moving.then(() => 0)]);
    // Two at most: one on its way to the broker, one in hand.
    await before;
    before = moving;
  } while (taken === settings.batchSize && !signal.aborted);
  await before;
}

const variant: OutboxVariant = {
  async relay(context) {
    const { signal, settings, wait } = context;
    while (!signal.aborted) {
      await moveAll(context);
      await wait(settings.pollIntervalMs);
    }
  },
};
export default variant;
