/** The inbox's key is gone: every id can be written down again and again. */
import type { OutboxVariant } from '../../../src/contract.ts';

export function withoutUniqueKey(variant: OutboxVariant): OutboxVariant {
  return {
    ...variant,
    async prepareRelay(context) {
      await context.postgres.query('ALTER TABLE inbox DROP CONSTRAINT IF EXISTS inbox_pkey');
      await variant.prepareRelay?.(context);
    },
  };
}
