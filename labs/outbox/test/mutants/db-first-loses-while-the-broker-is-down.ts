/** Mutant: tries again until the broker is back, as long as the process lives. */
import { setTimeout as delay } from 'node:timers/promises';
import type { OrderPlaced, OutboxVariant } from '../../src/contract.ts';

const AGAIN_MS = 100;
const LIMIT_MS = 20_000;

const variant: OutboxVariant = {
  async place({ transaction, writeOrder, publish }) {
    let event: OrderPlaced | undefined;
    await transaction(async (client) => {
      event = await writeOrder(client);
    });
    const giveUpAtMs = performance.now() + LIMIT_MS;
    while (event !== undefined && performance.now() < giveUpAtMs) {
      try {
        return await publish([event]);
      } catch {
        await delay(AGAIN_MS);
      }
    }
  },
};
export default variant;
