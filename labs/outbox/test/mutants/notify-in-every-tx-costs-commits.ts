/** Mutant: the wake-up comes after the commit. */
import skipLockedNotify from '../../src/variants/skip-locked-notify.ts';

export default { ...skipLockedNotify };
