/** Disabled: the expiry. What does not expire is not given to a second one. */
import token from '../../src/variants/token.ts';
import { neverExpiring } from './altered/never-expiring.ts';

export default neverExpiring(token);
