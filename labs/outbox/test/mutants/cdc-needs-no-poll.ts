/** Mutant: it takes a look at the stream now and then. */
import type { OutboxVariant } from '../../src/contract.ts';
import { openStream } from '../../src/relay/pgoutput-stream.ts';
import cdcPgoutput from '../../src/variants/cdc-pgoutput.ts';

const variant: OutboxVariant = {
  ...cdcPgoutput,
  async relay(context) {
    const { signal, settings, publish, wait } = context;
    await using stream = await openStream(context);
    while (!signal.aborted) {
      await wait(settings.pollIntervalMs);
      const { events, acknowledge } = await stream.take(settings.batchSize);
      await publish(events);
      acknowledge();
    }
  },
};
export default variant;
