/** Mutant: the inbox has no unique key. */
import skipLockedWithInbox from '../../src/variants/skip-locked-with-inbox.ts';
import { withoutUniqueKey } from './altered/without-unique-key.ts';

export default withoutUniqueKey(skipLockedWithInbox);
