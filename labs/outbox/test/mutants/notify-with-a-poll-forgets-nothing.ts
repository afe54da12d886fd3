/** Mutant: there is no poll behind the wake-ups. */
import notifyOnly from '../../src/variants/notify-only.ts';

export default { ...notifyOnly };
