/** Disabled: the majority. One node is enough. */
import { redlockWith } from './altered/redlock-with.ts';

export default redlockWith({ quorum: 1 });
