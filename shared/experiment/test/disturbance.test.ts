import { describe, expect, it } from 'vitest';
import { disturbancesOf } from '../disturbance.ts';
import type { FaultDefinition, TimelineDefinition } from '../lab.ts';
import type { TimelineEntry } from '../result/schema.ts';

const nothing = async () => {};
const faults: Record<string, FaultDefinition> = {
  crash: { inject: nothing, heal: nothing, touches: ['worker'] },
  cut: { inject: nothing, heal: nothing },
};
const timed = (fault: string): TimelineDefinition<string> => ({ fault, atMs: 100, healAtMs: 200 });
const held = (fault: string): TimelineDefinition<string> => ({
  fault,
  when: { service: 'worker', event: 'demo.step' },
  healAfterMs: 100,
});
const played = (changes: Partial<TimelineEntry> = {}): TimelineEntry => ({
  fault: 'any',
  trigger: 'at 100 ms',
  askedAtMs: 100,
  effectiveAtMs: 105,
  healAskedAtMs: 200,
  healedAtMs: 260,
  ...changes,
});
const of = (service: string, planned: TimelineDefinition<string>, entry: TimelineEntry | null) =>
  disturbancesOf(service, [planned], [entry], faults, 1000);

describe('a service is disturbed', () => {
  it('by a fault that touches it, until that is healed', () => {
    expect(of('worker', timed('crash'), played())).toEqual([{ fromMs: 100, toMs: 260 }]);
  });

  it('to the end, if the fault never was healed', () => {
    expect(of('worker', timed('crash'), played({ healedAtMs: null }))).toEqual([{ fromMs: 100, toMs: 1000 }]);
  });

  it('while it is held for a fault about something else, until that is in', () => {
    expect(of('worker', held('cut'), played())).toEqual([{ fromMs: 100, toMs: 105 }]);
  });

  it('as long as the fault lasts if it is held for a fault about itself', () => {
    expect(of('worker', held('crash'), played())).toEqual([{ fromMs: 100, toMs: 260 }]);
  });

  it.each([
    ['by a fault about another', of('other', timed('crash'), played())],
    ['by a fault that never came', of('worker', timed('crash'), null)],
    ['by a fault that touches no process', of('worker', timed('cut'), played())],
  ])('not %s', (_case, spans) => {
    expect(spans).toEqual([]);
  });
});
