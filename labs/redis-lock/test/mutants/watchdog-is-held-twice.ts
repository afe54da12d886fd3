/** Disabled: the expiry. A lock that needs no extension is not lost with the watchdog. */
import watchdog from '../../src/variants/watchdog.ts';
import { neverExpiring } from './altered/never-expiring.ts';

export default neverExpiring(watchdog);
