/** Mutant: acknowledges the same old position again and again, and a new one only once in a while. */
import type { OutboxVariant } from '../../src/contract.ts';
import { openStream } from '../../src/relay/pgoutput-stream.ts';
import cdcPgoutput from '../../src/variants/cdc-pgoutput.ts';

const BATCHES = 20;

const variant: OutboxVariant = {
  ...cdcPgoutput,
  async relay(context) {
    const { signal, settings, publish, steps } = context;
    await using stream = await openStream(context);
    let acknowledgeOld: (() => void) | undefined;
    for (let batch = 0; !signal.aborted; batch++) {
      const { events, acknowledge } = await stream.take(settings.batchSize);
      steps.claimed(events);
      await publish(events);
      if (batch % BATCHES === 0) acknowledgeOld = acknowledge;
      acknowledgeOld?.();
    }
  },
};
export default variant;
