/**
 * notify-in-every-tx: NOTIFY inside of the order's transaction, as the manual shows it.
 *
 * It is only sent if the order commits, which is nice, and all commits that notify anybody queue up behind one lock of
 * the whole server, to keep notifications in the order of commits. With many writers that lock is the bottleneck.
 * Read next: skip-locked-notify.ts (after the commit, from elsewhere).
 */
import type { OutboxVariant } from '../contract.ts';
import { WAKE_CHANNEL } from '../shop/notifier.ts';
import skipLockedNotify from './skip-locked-notify.ts';

const variant: OutboxVariant = {
  ...skipLockedNotify,
  async place({ transaction, writeOrder, writeOutbox, halfDone, work }) {
    await transaction(async (client) => {
      const event = await writeOrder(client);
      halfDone(event);
      await writeOutbox(client, event);
      await work();
      await client.query(`NOTIFY ${WAKE_CHANNEL}`);
    });
  },
};
export default variant;
