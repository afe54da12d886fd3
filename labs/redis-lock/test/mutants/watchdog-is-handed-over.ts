/** Disabled: the expiry. The dead holder keeps its lock, with or without a watchdog. */
import watchdog from '../../src/variants/watchdog.ts';
import { neverExpiring } from './altered/never-expiring.ts';

export default neverExpiring(watchdog);
