import { describe, expect, test } from 'vitest';
import { overtaken, reconcile, repeated, without } from '../experiments/ledger.ts';
import type { Sets } from '../experiments/sets.ts';
import { applied, order, orders, published } from './made-up.ts';

const sets = (own: Partial<Sets>): Sets => ({ committed: [], published: [], applied: [], buried: [], ...own });

const clean = { lost: [], duplicate: [], phantom: [], reordered: [] };

/** Applied in this order: customer 1, these versions. Ids are the versions. */
const inOrder = (...versions: number[]) => versions.map((version) => applied(version, 0, order(version, 1, version)));

describe('the ledger', () => {
  test('finds nothing wrong where each order was published and applied once', () => {
    const found = reconcile(
      sets({ committed: orders(1, 2), published: [published(1), published(2)], applied: [applied(1), applied(2)] }),
    );
    expect(found).toEqual({ acknowledged: 2, ...clean });
  });

  test('calls lost what was committed and never published', () => {
    const found = reconcile(sets({ committed: orders(1, 2, 3), published: [published(1), published(3)] }));
    expect(found).toEqual({ acknowledged: 3, ...clean, lost: ['2'] });
  });

  test('does not call lost what is published and not applied: it is in the topic', () => {
    expect(reconcile(sets({ committed: orders(1), published: [published(1)] })).lost).toEqual([]);
  });

  test('does not call a dead letter lost: somebody has it', () => {
    const buried = [{ id: 2, error: 'too large' }];
    expect(reconcile(sets({ committed: orders(1, 2), published: [published(1)], buried })).lost).toEqual([]);
  });

  test('calls a phantom what was published and is no order, once however often it came', () => {
    const found = reconcile(sets({ committed: orders(1), published: [published(1), published(9), published(9)] }));
    expect(found).toEqual({ acknowledged: 1, ...clean, phantom: ['9'] });
  });

  test('calls a duplicate what was applied twice, once however often it was', () => {
    const twice = [applied(1), applied(2), applied(1), applied(1)];
    const found = reconcile(sets({ committed: orders(1, 2), published: [published(1), published(2)], applied: twice }));
    expect(found.duplicate).toEqual(['1']);
  });

  test('does not call a duplicate what was only published twice', () => {
    const found = reconcile(
      sets({ committed: orders(1), published: [published(1), published(1)], applied: [applied(1)] }),
    );
    expect(found).toEqual({ acknowledged: 1, ...clean });
  });

  test('calls reordered what was applied after a later order of the same customer', () => {
    const found = reconcile(sets({ applied: inOrder(1, 3, 2, 4) }));
    expect(found.reordered).toEqual(['2']);
  });
});

describe('an order is overtaken', () => {
  const who = (...versions: number[]) => overtaken(inOrder(...versions)).map(({ id }) => id);

  test('by no order that comes later, whether or not there is a gap', () => {
    expect(who(1, 2, 3)).toEqual([]);
    expect(who(1, 5, 9)).toEqual([]);
  });

  test('each of them, when one that is later came first', () => {
    expect(who(5, 1, 2, 3)).toEqual([1, 2, 3]);
  });

  test('not when it comes a second time: then it is a copy', () => {
    expect(who(1, 2, 1, 2, 3)).toEqual([]);
  });

  test('also if its second copy comes in order', () => {
    expect(who(2, 1, 2, 1)).toEqual([1]);
  });

  test('only by orders of its own customer', () => {
    expect(overtaken([order(9, 2, 9), order(1, 1, 1), order(8, 2, 8)]).map(({ id }) => id)).toEqual([8]);
  });

  test('by none of another customer, even with the same version', () => {
    expect(overtaken([order(1, 1, 2), order(2, 2, 1), order(3, 1, 3)])).toEqual([]);
  });
});

test('ids that come more than once are named once, in the order in which they come again', () => {
  expect(repeated(orders(1, 2, 3, 2, 1, 2))).toEqual([2, 1]);
  expect(repeated(orders(1, 2, 3))).toEqual([]);
});

test('ids of the one and not of the other are named once', () => {
  expect(without(orders(1, 2, 2, 3), orders(3, 4))).toEqual([1, 2]);
  expect(without([], orders(1))).toEqual([]);
});
