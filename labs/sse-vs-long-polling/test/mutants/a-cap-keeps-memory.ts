/** Mutant: whoever does not read may have as much waiting as there is. */
import sseResume from '../../src/variants/sse-resume.ts';
import { withSettings } from './altered/variant-with.ts';

export default withSettings(sseResume, { maxBufferedBytes: Number.POSITIVE_INFINITY });
