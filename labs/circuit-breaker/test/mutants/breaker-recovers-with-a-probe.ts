/** Disabled: probing after R. It waits four times as long before it looks again. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(({ resetMs }) => ({ resetTimeout: 4 * resetMs }));
