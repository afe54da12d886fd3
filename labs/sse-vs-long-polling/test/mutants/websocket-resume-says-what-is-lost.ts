/** Mutant: nobody listens when the feed says that something is lost. */
import websocketResume from '../../src/variants/websocket-resume.ts';
import { withSubscriber } from './altered/variant-with.ts';

export default withSubscriber(websocketResume, { historyLost: () => {} });
