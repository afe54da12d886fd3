/** No lock: one statement that reads nothing, by the variants' own pool. The least that a round trip to Postgres costs. */
import type { Update } from '../../src/contract.ts';

const update: Update = async (_account, _think, { postgres }) => {
  await postgres.query('SELECT 1');
  return 'written';
};

export default update;
