/** Mutant: the server allows six streams on a connection, where a hundred or more are usual. */
import type { Http2Server } from 'node:http2';
import sseHttp2 from '../../src/variants/sse-http2.ts';
import { withServer } from './altered/variant-with.ts';

export default withServer(sseHttp2, (server) => (server as Http2Server).updateSettings({ maxConcurrentStreams: 6 }));
