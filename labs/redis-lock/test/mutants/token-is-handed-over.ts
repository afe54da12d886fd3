/** Disabled: the expiry. The dead holder keeps its lock. */
import token from '../../src/variants/token.ts';
import { neverExpiring } from './altered/never-expiring.ts';

export default neverExpiring(token);
