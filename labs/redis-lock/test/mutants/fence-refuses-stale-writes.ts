/** Disabled: the check. Each write brings its fence, and nobody looks at it. */
import fencedWrite from '../../src/variants/fenced-write.ts';
import { inOtherWords } from './altered/other-words.ts';

export default inOtherWords(fencedWrite, ' AND fence < $4', '');
