/** Disabled: an expiry that the jump reaches. A lock for a day is still one after it. */
import token from '../../src/variants/token.ts';
import { neverExpiring } from './altered/never-expiring.ts';

export default neverExpiring(token);
