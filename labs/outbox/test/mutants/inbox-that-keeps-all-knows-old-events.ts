/** Mutant: the inbox forgets. */
import shortInbox from '../../src/variants/skip-locked-with-short-inbox.ts';

export default { ...shortInbox };
