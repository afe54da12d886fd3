/** Disabled: counting slow calls as successes. A breaker that gives up after a quarter of T opens. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(({ timeoutMs }) => ({ timeout: timeoutMs / 4 }));
