/** Disabled: the nearness to p. With p far below the share of failures, all breakers open, and at the same time. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(() => ({ errorThresholdPercentage: 10 }), { of: ({ shard }) => shard });
