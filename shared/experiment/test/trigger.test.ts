/** Which planned faults a run has to account for. */
import { expect, it } from 'vitest';
import type { TimelineDefinition } from '../lab.ts';
import type { TimelineEntry } from '../result/schema.ts';
import { expectedFaults, triggerOf } from '../trigger.ts';

const atEvent = (occurrence: number, mayNotCome?: boolean): TimelineDefinition<string> => ({
  fault: 'killRelay',
  when: { service: 'relay', event: 'relay.published', occurrence },
  healAfterMs: 100,
  ...(mayNotCome === undefined ? {} : { mayNotCome }),
});
const came = (planned: TimelineDefinition<string>): TimelineEntry => ({
  fault: planned.fault,
  trigger: triggerOf(planned),
  askedAtMs: 1,
  effectiveAtMs: 2,
  healAskedAtMs: 3,
  healedAtMs: 4,
});
const timed: TimelineDefinition<string> = { fault: 'killRelay', atMs: 100, healAtMs: 200 };

it('a fault that need not come is expected only if it came', () => {
  const [first, second] = [atEvent(3, true), atEvent(4, true)];
  expect(expectedFaults([first, second], [came(second)])).toEqual([{ planned: second, entry: came(second) }]);
});

it('any other fault is expected, and has no entry if it did not come', () => {
  const planned = [atEvent(3), timed, atEvent(4, false)];
  expect(expectedFaults(planned, []).map(({ entry }) => entry)).toEqual([undefined, undefined, undefined]);
});

it('each planned fault finds its own entry, though others before it did not come', () => {
  const planned = [atEvent(3, true), atEvent(4), timed];
  const found = expectedFaults(planned, [came(timed), came(atEvent(4))]);
  expect(found.map(({ entry }) => entry?.trigger)).toEqual([
    'relay announces relay.published, occurrence 4',
    'at 100 ms',
  ]);
});
