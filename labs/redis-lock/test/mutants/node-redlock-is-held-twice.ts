/** Disabled: the expiry, on all five nodes. */
import nodeRedlock from '../../src/variants/node-redlock.ts';
import { neverExpiring } from './altered/never-expiring.ts';

export default neverExpiring(nodeRedlock);
