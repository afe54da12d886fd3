/** Mutant: whoever comes back is refused for the moment (503), and to an EventSource that is for ever. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { STREAM_HEADERS } from '../../src/event-stream.ts';
import sseResume from '../../src/variants/sse-resume.ts';
import { withServer } from './altered/variant-with.ts';

export default withServer(sseResume, (given) => {
  const server = given as Server;
  const answers = server.listeners('request');
  server.removeAllListeners('request');
  server.on('request', (request: IncomingMessage, response: ServerResponse) => {
    if (request.headers['last-event-id'] !== undefined) response.writeHead(503, STREAM_HEADERS).end();
    else for (const answer of answers) answer.call(server, request, response);
  });
});
