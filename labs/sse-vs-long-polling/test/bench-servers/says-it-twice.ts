/** sse-resume that publishes each message twice. */
import type { PushVariant } from '../../src/contract.ts';
import sseResume from '../../src/variants/sse-resume.ts';

const variant: PushVariant = {
  ...sseResume,
  async serve(context) {
    const feed = await sseResume.serve(context);
    return {
      ...feed,
      async publish(message) {
        await feed.publish(message);
        await feed.publish(message);
      },
    };
  },
};
export default variant;
