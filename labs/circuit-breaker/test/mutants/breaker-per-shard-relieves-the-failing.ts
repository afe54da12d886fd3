/** Disabled: the volume that a shard can have. With a threshold for all of λ, a shard's window is never full enough. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(() => ({ volumeThreshold: 100 }), { of: ({ shard }) => shard });
