/** Mutant: of many acknowledgements one is sent. */
import type { OutboxVariant, RelayContext } from '../../src/contract.ts';
import cdcPgoutput from '../../src/variants/cdc-pgoutput.ts';

const ONE_OF = 50;

function sparing({ replication, ...context }: RelayContext): RelayContext {
  let asked = 0;
  class Sparing extends replication.LogicalReplicationService {
    override async acknowledge(lsn: string, ping?: boolean): Promise<boolean> {
      return asked++ % ONE_OF === 0 ? super.acknowledge(lsn, ping) : true;
    }
  }
  return { ...context, replication: { ...replication, LogicalReplicationService: Sparing } };
}

const variant: OutboxVariant = {
  ...cdcPgoutput,
  relay: (context) => cdcPgoutput.relay?.(sparing(context)) ?? Promise.resolve(),
};
export default variant;
