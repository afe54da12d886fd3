/** Mutant: nobody is woken. */
import { placeInOneTransaction } from '../../src/place.ts';
import skipLockedNotify from '../../src/variants/skip-locked-notify.ts';

export default { ...skipLockedNotify, place: placeInOneTransaction };
