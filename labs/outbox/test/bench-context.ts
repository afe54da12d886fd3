/** What the tests of the bench's pieces stand on. */
import { benchContextOf } from '@backend-labs/testbed';
import { openStand } from '../bench/stand.ts';

/** The servers of a bench, in a folder that goes with them. */
export async function openStandOfItsOwn() {
  await using opening = new AsyncDisposableStack();
  const { context } = opening.use(await benchContextOf(new AbortController().signal));
  const stand = opening.use(await openStand(context));
  return { stand, owned: opening.move() };
}
