import { loadReportOf } from '@backend-labs/testbed';
import { describe, expect, test } from 'vitest';
import { lostIds } from '../experiments/measures.ts';
import { overwritten, reconcile, staleWrites, type Write } from '../experiments/updates.ts';
import { grant, type MadeUp, madeUp, WARM_UP, writeAt, writes } from './made-up.ts';

/** Who was overwritten by whom, as `0 by 1`. */
const lost = (all: Write[]) => overwritten(all).map((one) => `${one.lost.operation} by ${one.by.operation}`);

describe('an update is overwritten', () => {
  test('by nobody when each write stands on the one before', () => {
    expect(lost(writes([0, 1], [1, 2], [20, 3], [21, 4]))).toEqual([]);
  });

  test('by a write that leaves the same balance: it had not seen it', () => {
    expect(lost(writes([0, 1], [1, 1], [20, 2]))).toEqual(['0 by 1']);
  });

  test('together with those that stood on it, by one write that is late enough', () => {
    expect(lost(writes([0, 1], [1, 2], [21, 3], [20, 2]))).toEqual(['1 by 20', '21 by 20']);
  });

  test('once: what is gone cannot be lost again', () => {
    expect(lost(writes([0, 1], [1, 1], [20, 1]))).toEqual(['0 by 1', '1 by 20']);
  });

  test('by a write of its own account only', () => {
    expect(lost(writes([0, 1], [2, 1], [4, 1]))).toEqual([]);
  });
});

describe('the ledger', () => {
  const asked = (...operations: number[]) =>
    loadReportOf(operations.map((operation) => ({ operation, fromMs: operation, toMs: operation + 50 })));

  test('loses nothing of writes that stand on each other', () => {
    expect(reconcile(asked(0, 1), writes([0, 1], [1, 2]))).toMatchObject({ acknowledged: 2, lost: [], phantom: [] });
  });

  test('loses an acknowledged update that is overwritten', () => {
    expect(reconcile(asked(0, 1), writes([0, 1], [1, 1])).lost).toEqual(['0']);
  });

  test('loses an acknowledged update that was never written', () => {
    expect(reconcile(asked(0, 1), writes([0, 1])).lost).toEqual(['1']);
  });

  test('does not miss an overwritten update that nobody was promised', () => {
    const load = loadReportOf([
      { operation: 0, fromMs: 0, toMs: 50, outcome: 'lost' },
      { operation: 1, fromMs: 1, toMs: 51 },
    ]);
    expect(reconcile(load, writes([0, 1], [1, 1]))).toMatchObject({ acknowledged: 1, lost: [] });
  });

  test('knows a write that happened twice, and one that nobody asked for', () => {
    const found = reconcile(asked(0), writes([0, 1], [0, 2], [1, 3]));
    expect(found).toMatchObject({ lost: [], duplicate: ['0'], phantom: ['1'] });
  });

  test('leaves the warm-up out: its writes are stood on, and are no part of the run', () => {
    const found = reconcile(asked(0, 1), writes([WARM_UP, 1], [WARM_UP + 1, 1], [0, 2], [1, 3]));
    expect(found).toEqual({ acknowledged: 2, lost: [], duplicate: [], phantom: [], reordered: [] });
  });

  test('says who overwrote what is lost, and what was never written', () => {
    const requests = [0, 1, 2].map((operation) => ({ operation, fromMs: 0, toMs: 50 }));
    const run = madeUp({ requests, writes: writes([0, 1], [1, 1]) });
    expect(lostIds({ ...run, ledger: reconcile(run.load, writes([0, 1], [1, 1])) })).toEqual([
      'account 0: the update of 0 is overwritten by 1',
      '2 was acknowledged and never written',
    ]);
  });
});

describe('a write is stale', () => {
  /** The operations that wrote too late. */
  const stale = (run: Pick<MadeUp, 'writes' | 'grants'>) => staleWrites(madeUp(run)).map(({ operation }) => operation);

  test('not while its own grant lasts', () => {
    expect(stale({ grants: [grant(0, 10, 110)], writes: [writeAt(60, 0)] })).toEqual([]);
  });

  test('when its own has expired and somebody else has one since, not before', () => {
    expect(stale({ grants: [grant(0, 10, 110)], writes: [writeAt(300, 0)] })).toEqual([]);
    expect(stale({ grants: [grant(0, 10, 110), grant(1, 120, 400)], writes: [writeAt(300, 0)] })).toEqual([0]);
  });

  test("when its own was deleted or taken, and the account is another one's", () => {
    expect(stale({ grants: [grant(0, 10, 50), grant(1, 50, 150)], writes: [writeAt(80, 0)] })).toEqual([0]);
  });

  test('not when the other one was granted afterwards', () => {
    expect(stale({ grants: [grant(0, 10, 50), grant(1, 90, 150)], writes: [writeAt(80, 0)] })).toEqual([]);
  });

  test('not for a millisecond in which the two servers read the clock apart', () => {
    expect(stale({ grants: [grant(0, 10, 79), grant(1, 79, 150)], writes: [writeAt(80, 0)] })).toEqual([]);
  });

  test('of several nodes, when fewer than three of them have given it to nobody else since', () => {
    const own = [0, 1, 2, 3, 4].map((node) => grant(0, 10, 50, node));
    const others = (nodes: number[]) => nodes.map((node) => grant(1, 60, 160, node));
    expect(stale({ grants: [...own, ...others([3, 4])], writes: [writeAt(80, 0)] })).toEqual([]);
    expect(stale({ grants: [...own, ...others([2, 3, 4])], writes: [writeAt(80, 0)] })).toEqual([0]);
  });

  test('not if nothing was ever granted to its token: it locks elsewhere, or under a name of its own', () => {
    expect(stale({ grants: [grant(1, 10, 110)], writes: [writeAt(60, 0)] })).toEqual([]);
  });

  test('not in the warm-up', () => {
    const grants = [grant(WARM_UP, 10, 110), grant(1, 120, 400)];
    expect(stale({ grants, writes: [writeAt(300, WARM_UP)] })).toEqual([]);
  });
});
