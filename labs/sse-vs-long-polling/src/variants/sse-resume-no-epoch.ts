/**
 * sse-resume-no-epoch: sse-resume with ids that are only a number.
 *
 * What is missing is whose number it is. A server that was started again counts from 1. To a subscriber who comes with 57
 * it has nothing to say, as if that one had everything; and once it has got to 60 itself, it sends 58 to 60, as if the
 * new 1 to 57 had been the old ones. In both cases messages are gone and nobody is told.
 * Read next: ../ring.ts (`since` looks at the epoch, `after` does not).
 */
import type { PushVariant } from '../contract.ts';
import sseResume, { serveEvents } from './sse-resume.ts';

const variant: PushVariant = {
  ...sseResume,
  serve: (context) =>
    serveEvents(context, {
      idOf: ({ seq }) => String(seq),
      // The mistake: a number from another life of the server is taken for one of this.
      since: (ring, id) => ({ isHistoryLost: false, after: ring.end, entries: ring.after(Number(id)) }),
    }),
};
export default variant;
