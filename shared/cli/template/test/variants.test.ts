import { setTimeout as delay } from 'node:timers/promises';
import { expect, test } from 'vitest';
import type { CreateAdd } from '../src/contract.ts';
import oneAtATime from '../src/variants/one-at-a-time.ts';
import readModifyWrite from '../src/variants/read-modify-write.ts';

async function addTogether(createAdd: CreateAdd, ids: number[]): Promise<number[]> {
  let list: readonly number[] = [];
  const write = (changed: readonly number[]) => {
    list = changed;
  };
  const add = createAdd({ read: () => list, write, think: () => delay(1) });
  await Promise.all(ids.map(add));
  return [...list];
}

test('changes that wait for their turn are all there, in order', async () => {
  expect(await addTogether(oneAtATime, [1, 2, 3])).toEqual([1, 2, 3]);
});

test('changes that overlap overwrite each other', async () => {
  expect(await addTogether(readModifyWrite, [1, 2, 3])).toHaveLength(1);
});
