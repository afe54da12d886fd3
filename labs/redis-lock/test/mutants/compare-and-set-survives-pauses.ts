/** Disabled: the comparison. Any version that is not older will do, and none ever is. */
import compareAndSet from '../../src/variants/compare-and-set.ts';
import { inOtherWords } from './altered/other-words.ts';

export default inOtherWords(compareAndSet, 'version = $4', 'version >= $4');
