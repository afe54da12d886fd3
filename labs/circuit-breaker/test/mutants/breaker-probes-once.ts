/** Disabled: the reset time R. It probes again as soon as a probe has failed. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(() => ({ resetTimeout: 20 }));
