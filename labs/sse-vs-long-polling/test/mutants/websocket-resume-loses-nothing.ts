/** Mutant: the ring has nothing to replay but the last message. */
import websocketResume from '../../src/variants/websocket-resume.ts';
import { withSettings } from './altered/variant-with.ts';

export default withSettings(websocketResume, { ringSize: 1 });
