/** Mutant: the server remembers only the last message. */
import longPollCursor from '../../src/variants/long-poll-cursor.ts';
import { withSettings } from './altered/variant-with.ts';

export default withSettings(longPollCursor, { ringSize: 1 });
