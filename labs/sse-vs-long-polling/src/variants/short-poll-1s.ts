/** short-poll-1s: ask once a second. Read ../short-poll.ts, then short-poll-100ms.ts for what ten times as often costs. */
import { createShortPoll } from '../short-poll.ts';

export default createShortPoll({ intervalMs: 1000 });
