/** sse-resume that does not publish each third message. */
import type { PushVariant } from '../../src/contract.ts';
import sseResume from '../../src/variants/sse-resume.ts';

const variant: PushVariant = {
  ...sseResume,
  async serve(context) {
    const feed = await sseResume.serve(context);
    return { ...feed, publish: (message) => (message.id % 3 === 0 ? undefined : feed.publish(message)) };
  },
};
export default variant;
