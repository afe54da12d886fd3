/** Disabled: the nearness to p. With p far below either share of failures, all breakers open, already in the first span. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(() => ({ errorThresholdPercentage: 10 }), { of: ({ shard }) => shard });
