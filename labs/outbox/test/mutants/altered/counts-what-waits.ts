/** skip-locked that asks how many wait before each batch: an event costs the more, the more of them there are. */
import type { OutboxVariant } from '../../../src/contract.ts';
import skipLocked from '../../../src/variants/skip-locked.ts';

const variant: OutboxVariant = {
  ...skipLocked,
  async relay(context) {
    await skipLocked.relay?.({
      ...context,
      transaction: async (work) => {
        await context.postgres.query('SELECT count(*) FROM outbox WHERE published_at IS NULL');
        return context.transaction(work);
      },
    });
  },
};
export default variant;
