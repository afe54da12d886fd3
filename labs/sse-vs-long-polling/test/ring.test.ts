import { expect, test } from 'vitest';
import { formatCursor, parseCursor } from '../src/cursor.ts';
import { Ring } from '../src/ring.ts';

function ringWith(count: number, size = 4): Ring<number> {
  const ring = new Ring<number>({ epoch: 'now', size });
  for (let n = 0; n < count; n++) ring.add(({ seq }) => seq);
  return ring;
}
const at = (seq: number, epoch = 'now') => ({ epoch, seq });

test('who has everything gets nothing, and nothing is lost', () => {
  expect(ringWith(0).since(at(0))).toEqual({ isHistoryLost: false, after: at(0), entries: [] });
  expect(ringWith(11).since(at(11))).toEqual({ isHistoryLost: false, after: at(11), entries: [] });
});

test('what came after a cursor comes in order, also across the end of the ring', () => {
  expect(ringWith(3).since(at(1)).entries).toEqual([2, 3]);
  expect(ringWith(11).since(at(8)).entries).toEqual([9, 10, 11]);
});

test('a cursor right before the oldest has lost nothing, and one before that has', () => {
  expect(ringWith(11).since(at(7))).toEqual({ isHistoryLost: false, after: at(7), entries: [8, 9, 10, 11] });
  expect(ringWith(11).since(at(6))).toEqual({ isHistoryLost: true, after: at(7), entries: [8, 9, 10, 11] });
});

test.each([
  ['another epoch', at(9, 'before')],
  ['the future', at(12)],
  ['nowhere', null],
])('a cursor from %s has lost history, and gets all there is', (_, cursor) => {
  expect(ringWith(11).since(cursor)).toEqual({ isHistoryLost: true, after: at(7), entries: [8, 9, 10, 11] });
});

test('without a look at the epoch only the number counts, and one that is none gets nothing', () => {
  expect(ringWith(11).after(6)).toEqual([8, 9, 10, 11]);
  expect(ringWith(11).after(57)).toEqual([]);
  expect(ringWith(11).after(Number.NaN)).toEqual([]);
});

test('a ring of one keeps the last', () => {
  expect(ringWith(5, 1).after(0)).toEqual([5]);
});

test.each([0, -1, 1.5, Number.NaN])('a ring of %s is refused', (size) => {
  expect(() => new Ring({ epoch: 'now', size })).toThrow(RangeError);
});

test('a cursor is read as it was written', () => {
  expect(parseCursor(formatCursor(at(42)))).toEqual(at(42));
});

test.each([
  '',
  'now',
  '42',
  ':42',
  'now:',
  'now:-1',
  'now:1.5',
  'now:1e3',
  'now:42\n',
  ' now:42',
  'now:1:2',
  'a b:1',
  `now:${'9'.repeat(16)}`,
])('%j is no cursor', (text) => {
  expect(parseCursor(text)).toBeNull();
});
