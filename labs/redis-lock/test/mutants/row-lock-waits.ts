/** Disabled: FOR UPDATE. It reads the row and lets others read it. */
import pgRow from '../../src/variants/pg-row.ts';
import { inOtherWords } from './altered/other-words.ts';

export default inOtherWords(pgRow, ' FOR UPDATE', '');
