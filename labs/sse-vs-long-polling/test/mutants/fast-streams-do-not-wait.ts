/** Mutant: the server waits, and sends what has come once a second. */
import sseResume from '../../src/variants/sse-resume.ts';
import { heldForASecond } from './altered/variant-with.ts';

export default heldForASecond(sseResume);
