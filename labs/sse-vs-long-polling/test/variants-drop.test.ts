import { describe, expect, test } from 'vitest';
import type { PushVariant, SubscriberContext } from '../src/contract.ts';
import longPollCursor from '../src/variants/long-poll-cursor.ts';
import shortPoll100ms from '../src/variants/short-poll-100ms.ts';
import sse from '../src/variants/sse.ts';
import sseHttp2 from '../src/variants/sse-http2.ts';
import sseResume from '../src/variants/sse-resume.ts';
import sseResumeNoEpoch from '../src/variants/sse-resume-no-epoch.ts';
import websocket from '../src/variants/websocket.ts';
import websocketResume from '../src/variants/websocket-resume.ts';
import { openFeed, openLink, range, subscribeTo, until, untilReached } from './feed-with.ts';

const WITH_EPOCH: [string, PushVariant][] = [
  ['short-poll-100ms', shortPoll100ms],
  ['long-poll-cursor', longPollCursor],
  ['sse-resume', sseResume],
  ['sse-http2', sseHttp2],
  ['websocket-resume', websocketResume],
];

describe('a connection that is cut for a while', () => {
  test.each([...WITH_EPOCH, ['sse-resume-no-epoch', sseResumeNoEpoch] as [string, PushVariant]])(
    '%s: nothing is lost, doubled or reordered while the ring has it',
    async (_, variant) => {
      await using feed = await openFeed(variant);
      await using link = await openLink(feed.port);
      await using one = subscribeTo(link.port, variant);
      await untilReached(feed, one);
      await feed.publish(1, 2);
      await link.cut();
      await feed.publish(...range(3, 12));
      await link.heal();
      await until(() => one.ids().length >= 12);
      await feed.publish(13);
      await until(() => one.ids().length >= 13);
      expect(one.ids()).toEqual(range(1, 13));
      expect(one.told()).toBe(0);
    },
  );

  test.each(WITH_EPOCH)('%s: what the ring has no more is lost, and said', async (_, variant) => {
    await using feed = await openFeed(variant, { settings: { ringSize: 5 } });
    await using link = await openLink(feed.port);
    await using one = subscribeTo(link.port, variant);
    await untilReached(feed, one);
    await link.cut();
    await feed.publish(...range(1, 12));
    await link.heal();
    await until(() => one.ids().length >= 5);
    await feed.publish(13);
    await until(() => one.ids().length >= 6);
    expect(one.ids()).toEqual(range(8, 13));
    expect(one.told()).toBe(1);
  });

  test.each([
    ['sse', sse],
    ['websocket', websocket],
  ])('%s: what was published meanwhile is gone, and nobody is told', async (_, variant) => {
    await using feed = await openFeed(variant);
    await using link = await openLink(feed.port);
    await using one = subscribeTo(link.port, variant);
    await untilReached(feed, one);
    await link.cut();
    await feed.publish(...range(1, 10));
    await link.heal();
    await untilReached(feed, one);
    expect(one.ids()).toEqual([]);
    expect(one.told()).toBe(0);
  });

  test.each([
    ['sse-resume', sseResume],
    ['sse-http2', sseHttp2],
    ['websocket-resume', websocketResume],
  ])('%s: who has not got any message yet has a place in the history all the same', async (_, variant) => {
    await using feed = await openFeed(variant);
    await using link = await openLink(feed.port);
    let taken = 0;
    await using one = subscribeTo(link.port, {
      ...variant,
      subscribe: (context) => variant.subscribe({ ...context, ...watching(context, () => taken++) }),
    });
    await until(() => taken > 0);
    await link.cut();
    await feed.publish(1, 2, 3);
    await link.heal();
    await until(() => one.ids().length >= 3);
    expect(one.ids()).toEqual([1, 2, 3]);
    expect(one.told()).toBe(0);
  });
});

/** The context's streams; `onTaken` is called when a frame has been taken, which is when the next one is asked for. */
function watching(context: SubscriberContext, onTaken: () => void): Partial<SubscriberContext> {
  async function* watched<F>(frames: AsyncIterable<F>) {
    for await (const frame of frames) {
      yield frame;
      onTaken();
    }
  }
  return {
    eventStream: (...asked) => watched(context.eventStream(...asked)),
    eventStreamOverHttp2: (...asked) => watched(context.eventStreamOverHttp2(...asked)),
    webSocket: (...asked) => watched(context.webSocket(...asked)),
  };
}

describe('a server that is started again', () => {
  test.each(WITH_EPOCH)('%s: subscribers are told, and get what the new one has', async (_, variant) => {
    await using before = await openFeed(variant);
    await using after = await openFeed(variant);
    await using link = await openLink(before.port);
    await using one = subscribeTo(link.port, variant);
    await untilReached(before, one);
    await after.publish(1, 2, 3);
    await link.retarget({ host: '127.0.0.1', port: after.port });
    await until(() => one.ids().length >= 3);
    await after.publish(4);
    await until(() => one.ids().length >= 4);
    expect(one.ids()).toEqual([1, 2, 3, 4]);
    expect(one.told()).toBe(1);
  });

  test('sse-resume-no-epoch: a cursor beyond the new history gets nothing of it, and nobody is told', async () => {
    await using before = await openFeed(sseResumeNoEpoch);
    await using after = await openFeed(sseResumeNoEpoch);
    await using link = await openLink(before.port);
    await using one = subscribeTo(link.port, sseResumeNoEpoch);
    await untilReached(before, one);
    await before.publish(...range(1, 10));
    await until(() => one.ids().length >= 10);
    await after.publish(11, 12, 13);
    await link.retarget({ host: '127.0.0.1', port: after.port });
    await untilReached(after, one);
    expect(one.ids()).toEqual(range(1, 10));
    expect(one.told()).toBe(0);
  });
});
