/** Disabled: being content with a majority. Of all five nodes, no second five can be found when one forgets. */
import { redlockWith } from './altered/redlock-with.ts';

export default redlockWith({ quorum: 5 });
