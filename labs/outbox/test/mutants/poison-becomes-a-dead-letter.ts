/** Mutant: no error is final, so there are no dead letters. */
import type { OutboxVariant } from '../../src/contract.ts';
import skipLocked from '../../src/variants/skip-locked.ts';

const variant: OutboxVariant = {
  ...skipLocked,
  relay: (context) => skipLocked.relay?.({ ...context, isPoison: () => false }) ?? Promise.resolve(),
};
export default variant;
