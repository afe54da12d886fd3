/** Mutant: all begin at the same moment. */
import shortPoll from '../../src/variants/short-poll-1s.ts';
import { withSubscriber } from './altered/variant-with.ts';

export default withSubscriber(shortPoll, { random: () => 0.5 });
