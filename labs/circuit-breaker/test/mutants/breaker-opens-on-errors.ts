/** Disabled: the window. It is four times as long, so as many more failures must come first. */
import { breakerWith } from '../breaker-with.ts';

export default breakerWith(({ windowMs }) => ({ rollingCountTimeout: 4 * windowMs }));
