/** Disabled: the expiry, on all five nodes. */
import redlock from '../../src/variants/redlock.ts';
import { neverExpiring } from './altered/never-expiring.ts';

export default neverExpiring(redlock);
