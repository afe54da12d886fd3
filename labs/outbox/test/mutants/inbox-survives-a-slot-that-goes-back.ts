/** Mutant: the inbox has no unique key. */
import cdcPgoutputWithInbox from '../../src/variants/cdc-pgoutput-with-inbox.ts';
import { withoutUniqueKey } from './altered/without-unique-key.ts';

export default withoutUniqueKey(cdcPgoutputWithInbox);
