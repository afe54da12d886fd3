/** Mutant: the inbox forgets nothing. */
import inbox from '../../src/variants/skip-locked-with-inbox.ts';

export default { ...inbox };
