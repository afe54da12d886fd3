/** Publishing slowly, for mutants that note events down too early: whenever they die, most of a batch is still theirs. */
import type { OrderPlaced, RelayContext } from '../../../src/contract.ts';

/** Enough for a dozen of orders or so at the rate of the sweeps. */
const GATHER_MS = 100;

/** A kill at any of these but the last one of a batch leaves some that nobody will publish. */
export async function publishOneByOne(events: readonly OrderPlaced[], { publish, wait }: RelayContext): Promise<void> {
  for (const event of events) await publish([event]);
  await wait(GATHER_MS);
}
