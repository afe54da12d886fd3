/** Mutant: the ring has nothing to replay but the last message. */
import sseResume from '../../src/variants/sse-resume.ts';
import { withSettings } from './altered/variant-with.ts';

export default withSettings(sseResume, { ringSize: 1 });
