/** Disabled: a p above the failing share. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(() => ({ errorThresholdPercentage: 15 }));
