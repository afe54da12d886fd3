/** Mutant: nobody listens when the feed says that something is lost. */
import sseResume from '../../src/variants/sse-resume.ts';
import { withSubscriber } from './altered/variant-with.ts';

export default withSubscriber(sseResume, { historyLost: () => {} });
