/** Disabled: the check on the write. A later claim does not shut an older one out: any fence will do. */
import fencedClaim from '../../src/variants/fenced-claim.ts';
import { inOtherWords } from './altered/other-words.ts';

export default inOtherWords(fencedClaim, 'fence = $4', 'fence >= $4');
