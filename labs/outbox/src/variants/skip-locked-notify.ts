/**
 * skip-locked-notify: the shop wakes the relay after the commit, and a slow poll catches what was not heard.
 *
 * Quick when there is work, nearly silent when there is none. The wake-up goes over another connection, many orders in
 * one, so that no commit waits for it. Invariant: no event depends on a wake-up: one that is lost costs at most a poll
 * interval. Read next: notify-only.ts (without the poll), notify-in-every-tx.ts (the wake-up inside the transaction).
 */
import type { OutboxVariant } from '../contract.ts';
import { placeInOneTransaction } from '../place.ts';
import { moveAll } from './skip-locked.ts';

const variant: OutboxVariant = {
  async place(context) {
    await placeInOneTransaction(context);
    context.notify();
  },
  async relay(context) {
    const { signal, settings, listen } = context;
    await using wakeUps = await listen();
    while (!signal.aborted) {
      await moveAll(context);
      await wakeUps.next(settings.pollIntervalMs);
    }
  },
};
export default variant;
