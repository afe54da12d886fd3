/** Disabled: not looking. It asks the lock how long it is still good for, and does not begin when it is over. */
import type { Update } from '../../src/contract.ts';
import nodeRedlock from '../../src/variants/node-redlock.ts';

const update: Update = async (account, think, context) => {
  const isOver = new Error('the lock was over when it came');
  const holding: typeof context.holding = async (work, validForMs) => {
    if (validForMs !== undefined && validForMs <= 0) throw isOver;
    return context.holding(work, validForMs);
  };
  try {
    return await nodeRedlock(account, think, { ...context, holding });
  } catch (error) {
    if (error === isOver) return 'not-acquired';
    throw error;
  }
};

export default update;
