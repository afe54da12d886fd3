/** Mutant: the new server takes itself for the old one. */
import type { PushVariant } from '../../src/contract.ts';
import sseResume from '../../src/variants/sse-resume.ts';

const variant: PushVariant = {
  ...sseResume,
  serve: (context) => sseResume.serve({ ...context, epoch: 'always' }),
};
export default variant;
