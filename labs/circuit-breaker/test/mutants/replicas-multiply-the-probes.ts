/** Disabled: probing each R. Each replica waits N times as long, so that all of them together probe like one. */
import { breakerWith } from '../breaker-with.ts';

const REPLICAS = 3;

export default breakerWith(({ resetMs }) => ({ resetTimeout: REPLICAS * resetMs }));
