/** Mutant: looks into the table when it begins to listen, before it waits. */
import type { OutboxVariant } from '../../src/contract.ts';
import notifyOnly from '../../src/variants/notify-only.ts';
import { moveAll } from '../../src/variants/skip-locked.ts';

const variant: OutboxVariant = {
  ...notifyOnly,
  async relay(context) {
    await using wakeUps = await context.listen();
    while (!context.signal.aborted) {
      await moveAll(context);
      await wakeUps.next(null);
    }
  },
};
export default variant;
