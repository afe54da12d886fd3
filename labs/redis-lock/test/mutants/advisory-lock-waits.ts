/** Disabled: being exclusive. It takes the shared form of the lock, which any number of sessions can hold. */
import pgAdvisory from '../../src/variants/pg-advisory.ts';
import { inOtherWords } from './altered/other-words.ts';

export default inOtherWords(pgAdvisory, /pg_advisory_lock\b/, 'pg_advisory_lock_shared');
