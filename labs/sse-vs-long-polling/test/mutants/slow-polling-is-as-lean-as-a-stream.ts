/** Mutant: it asks four times as often as it says. */
import { createShortPoll } from '../../src/short-poll.ts';

export default createShortPoll({ intervalMs: 250 });
