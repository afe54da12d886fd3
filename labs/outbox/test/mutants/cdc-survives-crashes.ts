/** Mutant: acknowledges before it publishes. */
import type { OutboxVariant } from '../../src/contract.ts';
import { openStream } from '../../src/relay/pgoutput-stream.ts';
import cdcPgoutput from '../../src/variants/cdc-pgoutput.ts';
import { publishOneByOne } from './altered/one-by-one.ts';

const variant: OutboxVariant = {
  ...cdcPgoutput,
  async relay(context) {
    await using stream = await openStream(context);
    while (!context.signal.aborted) {
      const { events, acknowledge } = await stream.take(context.settings.batchSize);
      acknowledge();
      await publishOneByOne(events, context);
    }
  },
};
export default variant;
