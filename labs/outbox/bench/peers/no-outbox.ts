/** The order alone: nobody is told. What is above it in the table is the outbox row's. */
import type { OutboxVariant } from '../../src/contract.ts';

const variant: OutboxVariant = {
  place: async ({ transaction, writeOrder }) => void (await transaction(writeOrder)),
};
export default variant;
