/** Disabled: opening at p. With a threshold above the brownout's share of failures it stays closed. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(() => ({ errorThresholdPercentage: 95 }));
