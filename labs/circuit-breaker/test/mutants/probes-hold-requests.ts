/** Disabled: probing each R. It waits three times as long, and holds a third as much. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(({ resetMs }) => ({ resetTimeout: 3 * resetMs }), { of: ({ shard }) => shard });
