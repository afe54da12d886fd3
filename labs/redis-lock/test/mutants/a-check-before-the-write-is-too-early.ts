/**
 * Disabled: the expiry. What the check has found is then still so at the write. Not a check by the database itself: it
 * also accepts who has no lock any more, as long as nobody else has claimed the row.
 */
import tokenChecked from '../../src/variants/token-checked.ts';
import { neverExpiring } from './altered/never-expiring.ts';

export default neverExpiring(tokenChecked);
