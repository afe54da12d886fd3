/** Mutant: acknowledges before it publishes. */
import type { OutboxVariant } from '../../src/contract.ts';
import { openStream } from '../../src/relay/pgoutput-stream.ts';
import cdcPgoutput from '../../src/variants/cdc-pgoutput.ts';

const variant: OutboxVariant = {
  ...cdcPgoutput,
  async relay(context) {
    const { signal, settings, publish } = context;
    await using stream = await openStream(context);
    while (!signal.aborted) {
      const { events, acknowledge } = await stream.take(settings.batchSize);
      acknowledge();
      const [first, ...others] = events;
      if (first !== undefined) await publish([first]);
      await publish(others);
    }
  },
};
export default variant;
