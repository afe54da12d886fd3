/** short-poll-100ms: ask ten times a second: a tenth of the latency for ten times the requests. Read ../short-poll.ts. */
import { createShortPoll } from '../short-poll.ts';

export default createShortPoll({ intervalMs: 100 });
