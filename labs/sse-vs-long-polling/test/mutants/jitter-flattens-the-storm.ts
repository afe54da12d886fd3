/** Mutant: all wait for the same time. */
import sseResume from '../../src/variants/sse-resume.ts';
import { withSubscriber } from './altered/variant-with.ts';

export default withSubscriber(sseResume, { random: () => 0.5 });
