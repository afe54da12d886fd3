/** Mutant: acknowledges what could not be published as well. */
import type { OutboxVariant } from '../../src/contract.ts';
import { openStream } from '../../src/relay/pgoutput-stream.ts';
import cdcPgoutput from '../../src/variants/cdc-pgoutput.ts';

const variant: OutboxVariant = {
  ...cdcPgoutput,
  async relay(context) {
    await using stream = await openStream(context);
    while (!context.signal.aborted) {
      const { events, acknowledge } = await stream.take(context.settings.batchSize);
      await context.publish(events).catch(() => {});
      acknowledge();
    }
  },
};
export default variant;
