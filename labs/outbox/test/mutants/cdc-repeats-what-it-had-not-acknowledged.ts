/** Mutant: acknowledges once in a while. */
import type { OutboxVariant } from '../../src/contract.ts';
import { openStream } from '../../src/relay/pgoutput-stream.ts';
import cdcPgoutput from '../../src/variants/cdc-pgoutput.ts';

const BATCHES = 20;

const variant: OutboxVariant = {
  ...cdcPgoutput,
  async relay(context) {
    const { signal, settings, publish, steps } = context;
    await using stream = await openStream(context);
    for (let batch = 1; !signal.aborted; batch++) {
      const { events, acknowledge } = await stream.take(settings.batchSize);
      steps.claimed(events);
      await publish(events);
      if (batch % BATCHES === 0) acknowledge();
    }
  },
};
export default variant;
