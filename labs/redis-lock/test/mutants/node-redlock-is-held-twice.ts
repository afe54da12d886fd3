/**
 * Disabled: the expiry, on all five nodes. It is redlock.ts: what the one from npm keeps of a lost round would without an
 * expiry close its accounts for good, and one would see that instead.
 */
import redlock from '../../src/variants/redlock.ts';
import { neverExpiring } from './altered/never-expiring.ts';

export default neverExpiring(redlock);
