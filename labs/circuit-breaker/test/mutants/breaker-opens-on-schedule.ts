/** Disabled: the share p. It opens only when every call in the window has failed. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(() => ({ errorThresholdPercentage: 100 }));
