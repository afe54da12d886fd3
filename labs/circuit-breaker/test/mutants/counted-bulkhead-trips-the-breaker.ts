/** Disabled: counting. The bulkhead's rejections are let off by the filter, and the breaker stays closed. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(({ bulkheadCalls }) => ({
  capacity: bulkheadCalls,
  errorFilter: (error: unknown) => (error as { code?: string }).code === 'ESEMLOCKED',
}));
