/** Disabled: the timeout. A breaker that waits for every call to fail by itself sees no failure in a hang. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(() => ({ timeout: false }), { fetch: ({ fetchQuote }, request) => fetchQuote(request) });
