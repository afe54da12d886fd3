/**
 * short-poll-in-step: every second, and everybody begins at the same phase.
 *
 * What is missing is chance. Against a publisher with the same period, each message waits for the same part of the
 * interval, and neither the mean nor the spread of latency says anything about polling. And all polls come at once.
 * Read next: short-poll-1s.ts.
 */
import { createShortPoll } from '../short-poll.ts';

export default createShortPoll({ intervalMs: 1000, isInStep: true });
