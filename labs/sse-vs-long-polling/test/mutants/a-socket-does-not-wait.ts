/** Mutant: the server waits, and sends what has come once a second. */
import websocketResume from '../../src/variants/websocket-resume.ts';
import { heldForASecond } from './altered/variant-with.ts';

export default heldForASecond(websocketResume);
