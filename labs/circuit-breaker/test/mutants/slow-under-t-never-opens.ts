/** Disabled: counting slow calls as successes. A breaker that counts half of T as a failure opens. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(({ timeoutMs }) => ({ timeout: timeoutMs / 4 }));
