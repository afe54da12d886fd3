/** Disabled: being exclusive. It takes the shared lock and gives it back, and any number of sessions can hold that. */
import pgAdvisory from '../../src/variants/pg-advisory.ts';
import { inOtherWords } from './altered/other-words.ts';

export default inOtherWords(pgAdvisory, /pg_advisory_lock|pg_advisory_unlock/, '$&_shared');
