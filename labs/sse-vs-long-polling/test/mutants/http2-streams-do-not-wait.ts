/** Mutant: the server waits, and sends what has come once a second. */
import sseHttp2 from '../../src/variants/sse-http2.ts';
import { heldForASecond } from './altered/variant-with.ts';

export default heldForASecond(sseHttp2);
