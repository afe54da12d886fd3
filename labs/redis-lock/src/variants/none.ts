/**
 * No protection: read, think, write. The baseline.
 *
 * Promises nothing. Of two updates at once both read the same balance, and the second write overwrites the first: a
 * lost update, although each database statement is atomic by itself.
 * Read next: setnx.ts (the first lock that people write), atomic-update.ts (why a lock may be the wrong question).
 */
import type { Update } from '../contract.ts';

const update: Update = async (_account, think, { account, holding }) => {
  // It believes that it is alone, so it tells the witness the same thing as those that have a reason to.
  await holding(async () => {
    const balance = await account.read();
    await account.write(balance + (await think()));
  });
  return 'written';
};

export default update;
