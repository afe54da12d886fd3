/**
 * skip-locked+short-inbox: the inbox is cleaned up, as a table that only grows has to be.
 *
 * How long ids are kept is a promise about how late an event may come again: longer than the broker keeps its topics,
 * than the oldest backup that may be restored, than anybody may replay. Here it is too short.
 * Read next: skip-locked-with-inbox.ts.
 */
import type { OutboxVariant } from '../contract.ts';
import skipLockedWithInbox, { applyOnce } from './skip-locked-with-inbox.ts';

const RETENTION_MS = 500;

const variant: OutboxVariant = {
  ...skipLockedWithInbox,
  async apply(event, context) {
    // With every event, so that it is easy to see; a real one cleans up now and then.
    await context.client.query(`DELETE FROM inbox WHERE at < clock_timestamp() - $1 * interval '1 millisecond'`, [
      RETENTION_MS,
    ]);
    await applyOnce(event, context);
  },
};
export default variant;
