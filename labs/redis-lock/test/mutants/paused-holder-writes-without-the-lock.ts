/** Disabled: the expiry. The late holder still has its lock when it writes. */
import token from '../../src/variants/token.ts';
import { neverExpiring } from './altered/never-expiring.ts';

export default neverExpiring(token);
