/** Disabled: the session. A lock for the transaction, where there is none, ends with the statement that takes it. */
import pgAdvisory from '../../src/variants/pg-advisory.ts';
import { inOtherWords } from './altered/other-words.ts';

export default inOtherWords(pgAdvisory, 'pg_advisory_lock(', 'pg_advisory_xact_lock(');
