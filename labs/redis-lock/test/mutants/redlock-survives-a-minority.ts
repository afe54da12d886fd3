/** Disabled: being content with a majority. It wants all five. */
import { redlockWith } from './altered/redlock-with.ts';

export default redlockWith({ quorum: 5 });
