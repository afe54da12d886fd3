/** Mutant: it asks twice as often as it says. */
import { createShortPoll } from '../../src/short-poll.ts';

export default createShortPoll({ intervalMs: 500 });
