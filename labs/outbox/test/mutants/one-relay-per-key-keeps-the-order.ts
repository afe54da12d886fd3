/** Mutant: each relay takes every customer's. */
import type { OutboxVariant } from '../../src/contract.ts';
import skipLockedByKey from '../../src/variants/skip-locked-by-key.ts';

const variant: OutboxVariant = {
  ...skipLockedByKey,
  relay: (context) =>
    skipLockedByKey.relay?.({ ...context, settings: { ...context.settings, relays: 1, relayIndex: 0 } }) ??
    Promise.resolve(),
};
export default variant;
