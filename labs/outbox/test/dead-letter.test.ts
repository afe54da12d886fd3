import { describe, expect, test } from 'vitest';
import type { OrderPlaced } from '../src/contract.ts';
import { publishOrBury } from '../src/dead-letter.ts';
import { event } from './site.ts';

class Refused extends Error {}

/** A broker that refuses every batch with one of these in it. */
function brokerThatRefuses(...poison: number[]) {
  const sends: number[][] = [];
  const arrived: number[] = [];
  const letters: { id: number; error: unknown }[] = [];
  const parts = {
    isPoison: (error: unknown) => error instanceof Refused,
    async publish(events: readonly OrderPlaced[]) {
      const ids = events.map(({ id }) => id);
      sends.push(ids);
      if (ids.some((id) => poison.includes(id))) throw new Refused('too large');
      arrived.push(...ids);
    },
  };
  const client = {
    async query(_: string, [letter, error]: [string, unknown]) {
      letters.push({ id: JSON.parse(letter).id, error });
      return { rows: [] };
    },
  } as unknown as Parameters<typeof publishOrBury>[2];
  return { parts, client, sends, arrived, letters };
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => index + 1);
const batch = (count: number) => numbers(count).map((id) => event(id));

test('a batch without poison is sent once, as it is', async () => {
  const { parts, client, sends, letters } = brokerThatRefuses();
  await publishOrBury(batch(5), parts, client);
  expect([sends, letters]).toEqual([[[1, 2, 3, 4, 5]], []]);
});

describe('a poison event', () => {
  test.each(numbers(7))(
    'at place %i of seven is buried with its error, the others arrive in their order',
    async (place) => {
      const { parts, client, arrived, letters } = brokerThatRefuses(place);
      await publishOrBury(batch(7), parts, client);
      expect(letters).toEqual([{ id: place, error: 'too large' }]);
      expect(arrived).toEqual(numbers(7).filter((id) => id !== place));
    },
  );

  test('alone is buried', async () => {
    const { parts, client, arrived, letters } = brokerThatRefuses(1);
    await publishOrBury(batch(1), parts, client);
    expect([arrived, letters]).toEqual([[], [{ id: 1, error: 'too large' }]]);
  });

  test('beside others like it: each is buried', async () => {
    const { parts, client, arrived, letters } = brokerThatRefuses(2, 3, 6);
    await publishOrBury(batch(6), parts, client);
    expect(letters.map(({ id }) => id)).toEqual([2, 3, 6]);
    expect(arrived).toEqual([1, 4, 5]);
  });

  test('in a hundred costs fourteen sends more, and not a hundred', async () => {
    for (const place of numbers(100)) {
      const { parts, client, sends } = brokerThatRefuses(place);
      await publishOrBury(batch(100), parts, client);
      expect(sends.length - 1).toBeLessThanOrEqual(14);
    }
  });
});

test('a failure that may be over in a moment buries nothing: all of it comes again', async () => {
  const { parts, client, letters } = brokerThatRefuses();
  const publish = () => Promise.reject(new Error('no broker today'));
  await expect(publishOrBury(batch(3), { ...parts, publish }, client)).rejects.toThrow('no broker today');
  expect(letters).toEqual([]);
});

test('a failure in one of the halves rejects too', async () => {
  const { parts, client } = brokerThatRefuses(1);
  const publish = async (events: readonly OrderPlaced[]) => {
    if (events.length === 1 && events[0]?.id === 2) throw new Error('the broker is gone');
    await parts.publish(events);
  };
  await expect(publishOrBury(batch(2), { ...parts, publish }, client)).rejects.toThrow('the broker is gone');
});
