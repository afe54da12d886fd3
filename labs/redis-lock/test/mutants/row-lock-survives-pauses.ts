/** Disabled: FOR UPDATE. In READ COMMITTED a transaction alone keeps nobody from writing in between. */
import pgRow from '../../src/variants/pg-row.ts';
import { inOtherWords } from './altered/other-words.ts';

export default inOtherWords(pgRow, ' FOR UPDATE', '');
