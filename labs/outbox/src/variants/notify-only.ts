/**
 * notify-only: the relay does nothing until it is woken.
 *
 * NOTIFY is not kept for anybody: what is sent while the listener's connection is down is gone, and the events it was
 * about lie there until the next one. Read next: skip-locked-notify.ts (with the poll that this one lacks).
 */
import type { OutboxVariant } from '../contract.ts';
import { moveAll } from './skip-locked.ts';
import skipLockedNotify from './skip-locked-notify.ts';

const variant: OutboxVariant = {
  ...skipLockedNotify,
  async relay(context) {
    const { signal, listen } = context;
    await using wakeUps = await listen();
    while (!signal.aborted) {
      await wakeUps.next(null);
      if (!signal.aborted) await moveAll(context);
    }
  },
};
export default variant;
