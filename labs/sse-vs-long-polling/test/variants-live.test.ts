import { expect, test } from 'vitest';
import type { PushVariant } from '../src/contract.ts';
import longPoll from '../src/variants/long-poll.ts';
import longPollCursor from '../src/variants/long-poll-cursor.ts';
import shortPoll1s from '../src/variants/short-poll-1s.ts';
import shortPoll100ms from '../src/variants/short-poll-100ms.ts';
import shortPollInStep from '../src/variants/short-poll-in-step.ts';
import sse from '../src/variants/sse.ts';
import sseHttp2 from '../src/variants/sse-http2.ts';
import sseResume from '../src/variants/sse-resume.ts';
import sseResumeNoEpoch from '../src/variants/sse-resume-no-epoch.ts';
import websocket from '../src/variants/websocket.ts';
import websocketResume from '../src/variants/websocket-resume.ts';
import { openFeed, range, subscribeTo, until, untilReached } from './feed-with.ts';

const LOSING_NOTHING: [string, PushVariant][] = [
  ['short-poll-1s', shortPoll1s],
  ['short-poll-100ms', shortPoll100ms],
  ['short-poll-in-step', shortPollInStep],
  ['long-poll-cursor', longPollCursor],
  ['sse', sse],
  ['sse-resume', sseResume],
  ['sse-resume-no-epoch', sseResumeNoEpoch],
  ['sse-http2', sseHttp2],
  ['websocket', websocket],
  ['websocket-resume', websocketResume],
];

test.each(LOSING_NOTHING)('%s: each subscriber gets each message once, in order', async (_, variant) => {
  await using feed = await openFeed(variant);
  await using one = subscribeTo(feed.port, variant);
  await using other = subscribeTo(feed.port, variant);
  await untilReached(feed, one, other);
  await feed.publish(...range(1, 20));
  await until(() => one.ids().length >= 20 && other.ids().length >= 20);
  await untilReached(feed, one, other);
  expect(one.ids()).toEqual(range(1, 20));
  expect(other.ids()).toEqual(range(1, 20));
  expect(one.told() + other.told()).toBe(0);
});

test('long-poll: of two messages that come together the second is gone', async () => {
  await using feed = await openFeed(longPoll);
  await using one = subscribeTo(feed.port, longPoll);
  // Until it waits again: what it gets then are the first of each pair, and never a second.
  for (let id = 2; one.ids().length < 5; id += 2) {
    feed.host.publish({ id, publishedAtMs: 0, text: 'first' });
    feed.host.publish({ id: id + 1, publishedAtMs: 0, text: 'second' });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  expect(one.all.map(({ text }) => text)).not.toContain('second');
});

test.each([
  ['long-poll', longPoll],
  ['long-poll-cursor', longPollCursor],
])('%s: a question without an answer ends in time, and is asked again', async (_, variant) => {
  await using feed = await openFeed(variant, { settings: { holdMs: 10 } });
  await using one = subscribeTo(feed.port, variant);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await untilReached(feed, one);
  expect(one.told()).toBe(0);
});

test.each([
  ['sse-resume', sseResume],
  ['sse-http2', sseHttp2],
  ['websocket-resume', websocketResume],
])('%s: heartbeats are nothing to a subscriber', async (_, variant) => {
  await using feed = await openFeed(variant, { settings: { heartbeatMs: 5 } });
  await using one = subscribeTo(feed.port, variant);
  await untilReached(feed, one);
  await new Promise((resolve) => setTimeout(resolve, 100));
  await feed.publish(1);
  await until(() => one.ids().length > 0);
  expect(one.ids()).toEqual([1]);
});
