/**
 * skip-locked+inbox: the consumer writes down which events it has applied, in the transaction of the effect.
 *
 * An event that comes again finds its id taken, and its effect does not happen again. At least once on the way, once in
 * effect. Invariant: the id and the effect are one transaction; with the id in another store, or after the effect, a
 * crash in between brings back what the inbox is there to prevent. Ids are kept for as long as an event may come late.
 * Read next: skip-locked.ts (where the second copies come from).
 */
import type { ApplyContext, OrderPlaced, OutboxVariant } from '../contract.ts';
import skipLocked from './skip-locked.ts';

export async function applyOnce({ id }: OrderPlaced, { client, effect }: ApplyContext): Promise<void> {
  const { rowCount } = await client.query('INSERT INTO inbox (event) VALUES ($1) ON CONFLICT DO NOTHING', [id]);
  if (rowCount === 1) await effect();
}

const variant: OutboxVariant = { ...skipLocked, apply: applyOnce };
export default variant;
