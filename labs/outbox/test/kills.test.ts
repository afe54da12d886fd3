import { describe, expect, test } from 'vitest';
import {
  announced,
  betweenTheWrites,
  doneTwiceOutsideOfTheBatch,
  killsAt,
  notFinishedAtKills,
  receivedAgain,
} from '../experiments/kills.ts';
import { applied, type MadeUp, madeUp, orders, published, RUN_ENDS_MS, WARM_UP } from './made-up.ts';

const killShop = { fault: 'killShop', atMs: 100, backAtMs: 300 };
const killRelay = { fault: 'killRelay', atMs: 100, backAtMs: 300 };

/** The shop had begun to send these, and had heard that these arrived. */
const shop = (begun: number[], done: number[]) => [
  ...begun.map((id) => ({ service: 'shop', event: 'outbox.publishing', atMs: 10 * id, ids: [id] })),
  ...done.map((id) => ({ service: 'shop', event: 'outbox.published', atMs: 10 * id + 1, ids: [id] })),
];
const claims = (...all: [atMs: number, ids: number[]][]) =>
  all.map(([atMs, ids]) => ({ service: 'relay', event: 'outbox.claimed', atMs, ids }));

describe('a kill', () => {
  test('lasts from when it was asked for until the process was back', () => {
    expect(killsAt(madeUp({ kills: [killShop, killRelay] }), 'killShop')).toEqual([{ fromMs: 100, toMs: 300 }]);
  });

  test('of a process that did not come back lasts to the end of the run', () => {
    const kills = [{ ...killShop, backAtMs: null }];
    expect(killsAt(madeUp({ kills }), 'killShop')).toEqual([{ fromMs: 100, toMs: RUN_ENDS_MS }]);
  });

  test('that never happened is none', () => {
    expect(killsAt(madeUp({ kills: [{ ...killShop, isEffective: false }] }), 'killShop')).toEqual([]);
  });
});

describe('what a process announced', () => {
  test('is its own, on that channel, with the ids of its orders', () => {
    const steps = [
      ...claims([5, [1, 2]], [9, [3]]),
      { service: 'shop', event: 'outbox.claimed', atMs: 6, ids: [7] },
      { service: 'relay', event: 'outbox.marked', atMs: 7, ids: [1, 2] },
    ];
    expect(announced(madeUp({ steps }), 'relay', 'outbox.claimed')).toEqual([
      { atMs: 5, ids: [1, 2] },
      { atMs: 9, ids: [3] },
    ]);
  });

  test('leaves the orders of the warm-up out', () => {
    expect(announced(madeUp({ steps: claims([5, [WARM_UP, 2]]) }), 'relay', 'outbox.claimed')).toEqual([
      { atMs: 5, ids: [2] },
    ]);
  });

  test('of no order is no order: it is not the order 0', () => {
    const ids = announced(madeUp({ steps: claims([5, []], [6, [WARM_UP]]) }), 'relay', 'outbox.claimed');
    expect(ids.flatMap((one) => one.ids)).toEqual([]);
  });

  test('by nobody is nothing', () => {
    expect(announced(madeUp({}), 'nobody', 'outbox.claimed')).toEqual([]);
  });
});

describe('between the two writes of a shop that was killed', () => {
  const mistaken = (run: MadeUp) => betweenTheWrites(madeUp({ kills: [killShop], ...run }))?.mistaken;
  const committed = orders(1, 2, 3);

  test('what it had not begun to send is lost, and that is no mistake', () => {
    const run = { committed, published: [published(1), published(3)], steps: shop([1, 3], [1, 3]) };
    expect(mistaken(run)).toEqual([]);
  });

  test('what it had not begun to send and is there is one', () => {
    const run = { committed, published: [published(1), published(2), published(3)], steps: shop([1, 3], [1, 3]) };
    expect(mistaken(run)).toEqual([2]);
  });

  test('what was on its way may be lost or not', () => {
    const steps = shop([1, 2, 3], [1, 3]);
    expect(mistaken({ committed, steps, published: [published(1), published(3)] })).toEqual([]);
    expect(mistaken({ committed, steps, published: [published(1), published(2), published(3)] })).toEqual([]);
  });

  test('what it knew to have arrived may not be lost', () => {
    const run = { committed, published: [published(1), published(3)], steps: shop([1, 2, 3], [1, 2, 3]) };
    expect(mistaken(run)).toEqual([2]);
  });

  test('who never sends anything, and loses nothing, is mistaken about all: its events go another way', () => {
    expect(mistaken({ committed, published: [published(1), published(2), published(3)] })).toEqual([1, 2, 3]);
  });

  test('nobody can tell without a kill: that is null, and not zero', () => {
    expect(betweenTheWrites(madeUp({ committed }))).toBeNull();
    expect(betweenTheWrites(madeUp({ committed, kills: [killRelay] }))).toBeNull();
  });
});

describe('an order was not finished at a kill', () => {
  // Order n was sent at 10 × n ms; the relay is away from 100 to 300.
  const unfinished = (...doneAt: [id: number, atMs: number][]) =>
    notFinishedAtKills(
      madeUp({
        sent: 40,
        kills: [killRelay],
        committed: orders(...doneAt.map(([id]) => id)),
        applied: doneAt.filter(([, atMs]) => Number.isFinite(atMs)).map(([id, atMs]) => applied(id, atMs)),
      }),
    );

  test('if it was sent before and applied after it', () => {
    expect(unfinished([5, 150])).toEqual([5]);
  });

  test('if it was sent while the process was away', () => {
    expect(unfinished([20, 320])).toEqual([20]);
  });

  test('if it was never applied', () => {
    expect(unfinished([5, Number.POSITIVE_INFINITY])).toEqual([5]);
  });

  test('not if it was applied before, or sent when the process was back', () => {
    expect(unfinished([5, 90], [31, 320])).toEqual([]);
  });

  test('whichever process it was, counted once', () => {
    const kills = [killShop, { ...killRelay, fault: 'killConsumer' }];
    const run = madeUp({ sent: 40, kills, committed: orders(5), applied: [applied(5, 150)] });
    expect(notFinishedAtKills(run)).toEqual([5]);
  });

  test('never without a kill, and not at one of something else', () => {
    const broker = { fault: 'killBroker', atMs: 100, backAtMs: 300 };
    expect(notFinishedAtKills(madeUp({ committed: orders(5) }))).toEqual([]);
    expect(notFinishedAtKills(madeUp({ committed: orders(5), kills: [broker] }))).toEqual([]);
  });
});

describe('published twice, and not of the batch in hand', () => {
  const outside = (run: MadeUp) => doneTwiceOutsideOfTheBatch(madeUp({ kills: [killRelay], ...run }), 'killRelay');
  const all = [published(1), published(2), published(3), published(20)];

  test('is nothing where all that came twice had been taken last before the kill', () => {
    const steps = claims([10, [1]], [90, [2, 3]], [310, [2, 3]]);
    expect(outside({ published: [...all, published(2, 320), published(3, 320)], steps })).toEqual({
      ids: [],
      chances: 3,
    });
  });

  test('is what came twice and had been taken before that', () => {
    const steps = claims([10, [1]], [90, [2, 3]]);
    expect(outside({ published: [...all, published(1, 320)], steps })?.ids).toEqual(['order 1']);
  });

  test('is what was taken after the kill only', () => {
    expect(outside({ published: [...all, published(20, 400)], steps: claims([90, [2]], [310, [20]]) })?.ids).toEqual([
      'order 20',
    ]);
  });

  test('counts for each kill the batch that was in hand then', () => {
    const kills = [killRelay, { fault: 'killRelay', atMs: 500, backAtMs: 600 }];
    const steps = claims([90, [1]], [490, [2]]);
    expect(outside({ kills, published: [...all, published(1, 320), published(2, 620)], steps })?.ids).toEqual([]);
  });

  test('is not excused by what another process had in hand', () => {
    const steps = [{ service: 'relay-2', event: 'outbox.claimed', atMs: 90, ids: [1] }];
    expect(outside({ published: [...all, published(1, 320)], steps })?.ids).toEqual(['order 1']);
  });

  test('cannot be told without a kill: that is null', () => {
    expect(outside({ kills: [], published: all })).toBeNull();
  });
});

test('the consumer received again what it announced more than once', () => {
  const received = (atMs: number, id: number) => ({ service: 'consumer', event: 'outbox.received', atMs, ids: [id] });
  const steps = [received(1, 1), received(2, 2), received(3, 2), received(4, WARM_UP), received(5, WARM_UP)];
  expect(receivedAgain(madeUp({ steps }))).toEqual([2]);
  expect(receivedAgain(madeUp({}))).toEqual([]);
});
