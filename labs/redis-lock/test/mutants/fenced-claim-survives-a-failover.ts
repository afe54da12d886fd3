/** Disabled: every look at the fence, on entry and on the write, so that a counter that went back is welcome too. */
import fencedClaim from '../../src/variants/fenced-claim.ts';
import { inOtherWords } from './altered/other-words.ts';

export default inOtherWords(fencedClaim, / AND fence . \$/g, ' AND 0 < $');
