/** Disabled: judging without a volume. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(() => ({ volumeThreshold: 3 }));
