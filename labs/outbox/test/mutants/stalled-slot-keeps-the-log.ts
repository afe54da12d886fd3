/** Mutant: there is no slot. */
import skipLocked from '../../src/variants/skip-locked.ts';

export default { ...skipLocked };
