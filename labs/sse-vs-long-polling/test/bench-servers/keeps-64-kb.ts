/** sse-resume that keeps a buffer for each connection, as many do "for later". */
import type { PushVariant } from '../../src/contract.ts';
import sseResume from '../../src/variants/sse-resume.ts';

const variant: PushVariant = {
  ...sseResume,
  async serve(context) {
    const feed = await sseResume.serve(context);
    const kept = new Map<unknown, Buffer>();
    feed.server.on('connection', (socket) => kept.set(socket, Buffer.alloc(65_536, 1)));
    return feed;
  },
};
export default variant;
