/** Mutant: the server waits, and sends what has come once a second. */
import longPollCursor from '../../src/variants/long-poll-cursor.ts';
import { heldForASecond } from './altered/variant-with.ts';

export default heldForASecond(longPollCursor);
