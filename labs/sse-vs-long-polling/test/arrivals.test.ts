import { describe, expect, test } from 'vitest';
import {
  bytesPerMessage,
  delaysOf,
  highestMemory,
  keptInTheDark,
  losesNothing,
  publishedDuring,
  requestsPerMessage,
} from '../experiments/measures.ts';
import { type MadeUp, madeUp } from './made-up.ts';

const all = (count: number) => Array.from({ length: count }, (_, id) => id);

describe('the ledger of a run', () => {
  test('finds nothing wrong where each subscriber got each message once, in order', async () => {
    const { ledger } = await madeUp({ accepted: 5, arrived: [all(5), all(5)] });
    expect(ledger).toEqual({ acknowledged: 5, lost: [], duplicate: [], phantom: [], reordered: [] });
  });

  test('names the subscriber and the message', async () => {
    const { ledger } = await madeUp({
      accepted: 5,
      arrived: [
        [0, 1, 1, 2, 3, 4],
        [0, 2, 1, 4, 9],
      ],
    });
    expect(ledger).toEqual({
      acknowledged: 5,
      lost: ['1:3'],
      duplicate: ['0:1'],
      phantom: ['1:9'],
      reordered: ['1:1'],
    });
  });

  test('does not call it reordered when a message comes once more, later', async () => {
    const { ledger } = await madeUp({ accepted: 3, arrived: [[0, 1, 2, 0]] });
    expect(ledger).toMatchObject({ duplicate: ['0:0'], reordered: [] });
  });

  test('knows a subscriber who never got anything', async () => {
    const { ledger } = await madeUp({ accepted: 2, arrived: [all(2), []] });
    expect(ledger?.lost).toEqual(['1:0', '1:1']);
  });
});

describe('who is in the dark', () => {
  test('misses something and was not told', async () => {
    const run = await madeUp({ accepted: 3, arrived: [all(3), [0], [0, 2]], told: [2] });
    expect(keptInTheDark(run)).toEqual([1]);
  });

  test('is nobody where all was told, also to those who miss nothing', async () => {
    expect(keptInTheDark(await madeUp({ accepted: 3, arrived: [all(3), [0]], told: [0, 1] }))).toEqual([]);
  });
});

describe('what a message costs', () => {
  /** Message n is published at 10 × n ms, here at a hundred a second for a second and a half. */
  const SENT = 150;
  const withServices = (services: MadeUp['services']) =>
    madeUp({
      accepted: SENT,
      arrived: [all(SENT), all(SENT)],
      parameters: { ratePerSecond: 100 },
      endsMs: 1500,
      services: services ?? {},
    });
  // From 1005 to 1495 ms: a second for polls to settle, then whole intervals, from the middle of one to the middle of one.
  const SPAN = { fromMs: 1005, toMs: 1495 };
  const ARRIVED_IN_IT = 2 * 49;

  test('requests are counted when the run has settled, over the messages that arrived meanwhile', async () => {
    const asked = [-5, 0, 999, SPAN.fromMs - 1, SPAN.fromMs, 1200, 1300, SPAN.toMs - 1, SPAN.toMs, 1600];
    const run = await withServices({ subscribers: { events: { 'push.requested': asked } } });
    expect(requestsPerMessage(run)).toBe(4 / ARRIVED_IN_IT);
  });

  test('bytes are those of both ways, with the words of the link before and after each end', async () => {
    const said = (atMs: number, toFeed: number, fromFeed: number) => ({ atMs, said: { toFeed, fromFeed } });
    // A hundred bytes a millisecond, and nobody says how many at the very ends.
    const records = {
      'push.bytes': [said(1000, 0, 0), said(1010, 500, 500), said(1490, 20_000, 29_000), said(1500, 20_000, 30_000)],
    };
    expect(bytesPerMessage(await withServices({ link: { records } }))).toBeCloseTo(49_000 / ARRIVED_IN_IT);
  });

  test('nothing is said of bytes without a link, or if it says nothing at one of the ends', async () => {
    expect(bytesPerMessage(await withServices({}))).toBeNull();
    const records = { 'push.bytes': [{ atMs: 1100, said: { toFeed: 1, fromFeed: 1 } }] };
    expect(bytesPerMessage(await withServices({ link: { records } }))).toBeNull();
  });

  test('nothing is said of a run that ends before it has settled', async () => {
    const asked = [10, 20, 30];
    const services = { subscribers: { events: { 'push.requested': asked } } };
    expect(requestsPerMessage(await madeUp({ accepted: 10, arrived: [all(10), all(10)], services }))).toBeNull();
  });

  test('delays are from the moment of publishing, ascending, of each arrival', async () => {
    expect(delaysOf(await madeUp({ accepted: 10, arrived: [all(10), all(10)] }))).toEqual(
      Array.from({ length: 20 }, () => 2),
    );
  });

  test("the feed's memory is the highest of a span", async () => {
    const said = (atMs: number, mb: number) => ({ atMs, said: { rssBytes: mb * 1e6 } });
    const run = await withServices({
      feed: { records: { 'push.memory': [said(0, 50), said(100, 90), said(200, 70)] } },
    });
    expect(highestMemory(run, { fromMs: 0, toMs: 50 })).toBe(50);
    expect(highestMemory(run, { fromMs: 50, toMs: 300 })).toBe(90);
    expect(highestMemory(run, { fromMs: 300, toMs: 400 })).toBeNull();
  });
});

describe('losing nothing in a fault', () => {
  const property = losesNothing({ fault: 'cutLink', description: '', chance: 'a message' });
  const judge = async (run: MadeUp) => {
    const observation = await madeUp(run);
    return property.judge(observation, { parameters: observation.parameters, other: () => undefined });
  };
  const fault = { fault: 'cutLink', fromMs: 100, toMs: 500 };
  const subscribers = (arrived: number[]) => Array.from({ length: 2 }, () => arrived);

  test('has a chance for each message of the fault and each subscriber', async () => {
    const judged = await judge({ accepted: 100, arrived: subscribers(all(100)), fault });
    expect(judged).toMatchObject({ ok: true, chances: { count: 80, occurrences: 0 } });
  });

  test.each([
    ['missed', all(100).filter((id) => id !== 20)],
    ['got twice', [...all(100), 20]],
  ])('fails for a message that was %s', async (_, arrived) => {
    expect(await judge({ accepted: 100, arrived: subscribers(arrived), fault })).toMatchObject({
      ok: false,
      evidence: ['0:20', '1:20'],
    });
  });

  test('says nothing where the fault did not come', async () => {
    expect((await judge({ accepted: 100, arrived: subscribers(all(100)) })).ok).toBeNull();
  });

  test('takes the messages of the fault alone', async () => {
    const run = await madeUp({ accepted: 100, arrived: subscribers([]), fault });
    expect(publishedDuring(run, 'cutLink')).toEqual(new Set(Array.from({ length: 40 }, (_, index) => 10 + index)));
  });
});
