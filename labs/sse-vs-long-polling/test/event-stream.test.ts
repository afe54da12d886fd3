import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { expect, test } from 'vitest';
import { type EventFields, formatEvent, formatRetry, HEARTBEAT } from '../src/event-stream.ts';

/** As a client reads it. */
function read(...frames: Buffer[]): EventSourceMessage[] {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => events.push(event) });
  for (const frame of frames) parser.feed(frame.toString());
  return events;
}

test('an event arrives with its id, name and data', () => {
  const fields = { id: '5f1c:42', event: 'history-lost', data: '{"id":1}' };
  expect(read(formatEvent(fields))).toEqual([fields]);
});

test('without a name and an id it has none', () => {
  expect(read(formatEvent({ data: 'x' }))).toEqual([{ id: undefined, event: undefined, data: 'x' }]);
});

test.each(['\n', '\r', '\r\n'])('data with %j arrives as lines of one event, whatever is in them', (newline) => {
  const data = ['first', '', 'id: 7', 'event: history-lost', ': comment', 'data: x', ''];
  expect(read(formatEvent({ id: '1', data: data.join(newline) }))).toEqual([
    { id: '1', event: undefined, data: data.join('\n') },
  ]);
});

test.each<[string, EventFields]>([
  ['id', { id: '1\ndata: injected', data: '' }],
  ['id', { id: '1\r', data: '' }],
  ['id', { id: '1\0', data: '' }],
  ['event', { id: '1', event: 'a\n\ndata: injected', data: '' }],
])('%s with an end of line is refused', (field, fields) => {
  expect(() => formatEvent(fields)).toThrow(RangeError);
  expect(() => formatEvent(fields)).toThrow(`the ${field} of an event`);
});

test('no client sees a heartbeat', () => {
  const event = formatEvent({ id: '1', data: 'x' });
  expect(read(HEARTBEAT, event, HEARTBEAT)).toHaveLength(1);
});

test('a stream tells a browser to wait for once to twice as long, and nobody sees that either', () => {
  const waits = [0, 0.5, 0.999].map((drawn) => formatRetry(200, () => drawn).toString());
  expect(waits).toEqual(['retry: 200\n\n', 'retry: 300\n\n', 'retry: 400\n\n']);
  const retries: number[] = [];
  createParser({ onRetry: (ms) => retries.push(ms) }).feed(waits.join(''));
  expect(retries).toEqual([200, 300, 400]);
  expect(read(formatRetry(200), formatEvent({ data: 'x' }))).toHaveLength(1);
});

test.each([-1, Number.NaN, Number.POSITIVE_INFINITY])('a wait of %d ms is refused', (waitMs) => {
  expect(() => formatRetry(waitMs)).toThrow(RangeError);
});
