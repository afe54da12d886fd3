/** Disabled: failing over. The same lock, on a node that stays: nobody takes its place who would not know of it. */
import type { Redis } from 'ioredis';
import type { Update } from '../../src/contract.ts';
import token from '../../src/variants/token.ts';

const update: Update = (account, think, context) =>
  token(account, think, { ...context, redis: context.redisNodes[2] as Redis });

export default update;
