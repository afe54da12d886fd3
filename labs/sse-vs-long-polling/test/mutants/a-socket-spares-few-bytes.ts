/** Mutant: each message is framed as if a subscriber needed its whole history with it. */
import type { PushVariant } from '../../src/contract.ts';
import websocketResume from '../../src/variants/websocket-resume.ts';

const variant: PushVariant = {
  ...websocketResume,
  async serve(context) {
    const feed = await websocketResume.serve(context);
    return { ...feed, publish: (message) => feed.publish({ ...message, text: message.text + message.text }) };
  },
};
export default variant;
