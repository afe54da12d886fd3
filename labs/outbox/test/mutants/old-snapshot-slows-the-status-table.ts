/** Mutant: it marks nothing, and remembers how far it has come. */
import pollByXid from '../../src/variants/poll-by-xid.ts';

export default { ...pollByXid };
