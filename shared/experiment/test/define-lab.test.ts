import { describe, expect, it } from 'vitest';
import { defineLab, LabRuleError } from '../define-lab.ts';
import type { FaultDefinition, LabDefinition } from '../lab.ts';
import { type AnyExperiment, claim, experimentOf } from './made-up-claims.ts';

const crash: FaultDefinition = { inject: async () => {}, heal: async () => {} };

function labOf(changes: Partial<LabDefinition> = {}): LabDefinition {
  return {
    name: 'shop',
    question: 'Is an order lost?',
    needs: {},
    variants: {
      broken: { file: 'src/broken.ts', summary: 'forgets' },
      fixed: { file: 'src/fixed.ts', summary: 'writes down' },
    },
    faults: { crash },
    experiments: { orders: experimentOf() },
    headlineClaim: 'keeps-orders',
    ...changes,
  };
}

const withExperiment = (changes: Partial<AnyExperiment>) => labOf({ experiments: { orders: experimentOf(changes) } });
const withClaim = (changes: object) => withExperiment({ claims: [{ ...claim, ...changes }] });
const withTimeline = (entry: object) => withExperiment({ timeline: () => [entry as never] });
const without = (key: 'inject' | 'heal') => labOf({ faults: { crash: { ...crash, [key]: undefined } } });

it('a lab that keeps every rule is returned as it is', () => {
  const lab = labOf();
  expect(defineLab(lab)).toBe(lab);
});

it('a lab that keeps them may wait for an event, compare variants and choose what runs by default', () => {
  const lab = labOf({
    runByDefault: ['orders'],
    runByQuick: ['orders'],
    experiments: {
      orders: experimentOf({
        timeline: () => [{ fault: 'crash', when: { service: 'shop', event: 'shop.stored' }, healAfterMs: 100 }],
        claims: [{ ...claim, comparesWith: ['broken'] }],
      }),
    },
  });
  expect(defineLab(lab)).toBe(lab);
});

describe('a lab is refused, with the rule and a text near the place, when', () => {
  it.each<[string, LabDefinition, string, string]>([
    ['its name is no folder name', labOf({ name: 'My Lab' }), 'the name "My Lab" is not in kebab-case', 'name'],
    ['it has no variants', labOf({ variants: {} }), 'the lab has no variants', 'variants'],
    ['it has no experiments', labOf({ experiments: {} }), 'the lab has no experiments', 'experiments'],
    ['a fault cannot be injected', without('inject'), 'fault "crash" has no inject', 'crash'],
    ['a fault cannot be healed', without('heal'), 'fault "crash" has no heal: every fault is healed', 'crash'],
    [
      'an experiment claims nothing',
      withExperiment({ claims: [] }),
      'experiment "orders" has no claims: it could not say no',
      'orders',
    ],
    [
      'an experiment names no hops',
      withExperiment({ hops: [] }),
      'experiment "orders" names no hop from "load": what it sends could not be checked',
      'orders',
    ],
    [
      'no hop of an experiment is the load’s',
      withExperiment({ hops: [{ from: 'shop', to: 'stock' }] }),
      'experiment "orders" names no hop from "load": what it sends could not be checked',
      'orders',
    ],
    [
      'an experiment needs servers that the lab has anyway',
      { ...withExperiment({ needs: { redis: 1 } }), needs: { redis: 2 } },
      'experiment "orders" needs "redis", which the lab has for all of its experiments',
      'orders',
    ],
    [
      'two experiments need different numbers of one server',
      labOf({
        experiments: {
          orders: experimentOf({ needs: { redis: 1 } }),
          refunds: experimentOf({ needs: { redis: 2 }, claims: [{ ...claim, id: 'keeps-refunds' }] }),
        },
      }),
      'experiments "orders" and "refunds" need different numbers of "redis": let both need the larger one',
      'orders',
    ],
    [
      'a claim has no control',
      withClaim({ control: undefined }),
      'claim "keeps-orders" has no control: it could not fail',
      'keeps-orders',
    ],
    [
      'a claim is its own control',
      withClaim({ control: 'fixed' }),
      'claim "keeps-orders" is its own control: "fixed" cannot both keep and break the property',
      'keeps-orders',
    ],
    [
      'a claim is about a variant that does not exist',
      withClaim({ variant: 'fixd' }),
      'claim "keeps-orders" names variant "fixd", which does not exist',
      'keeps-orders',
    ],
    [
      'a control does not exist',
      withClaim({ control: 'brokn' }),
      'claim "keeps-orders" names variant "brokn", which does not exist',
      'keeps-orders',
    ],
    [
      'a claim compares with a variant that does not exist',
      withClaim({ comparesWith: ['broken', 'other'] }),
      'claim "keeps-orders" names variant "other", which does not exist',
      'keeps-orders',
    ],
    [
      'a claim asks a property that its experiment does not have',
      withClaim({ property: 'no los' }),
      'claim "keeps-orders" names property "no los", which experiment "orders" does not have',
      'keeps-orders',
    ],
    [
      'two claims have one id',
      withExperiment({ claims: [claim, claim] }),
      'two claims have the id "keeps-orders"',
      'keeps-orders',
    ],
    [
      'two claims of different experiments have one id',
      labOf({ experiments: { orders: experimentOf(), payments: experimentOf() } }),
      'two claims have the id "keeps-orders"',
      'keeps-orders',
    ],
    [
      'the load has no rate',
      withExperiment({ parameters: { ratePerSecond: 0, durationMs: 1000 } }),
      'experiment "orders" has a rate of 0/s',
      'orders',
    ],
    [
      'the quick profile has no duration',
      withExperiment({ quick: { durationMs: 0 }, timeline: () => [] }),
      'experiment "orders" has a duration of 0 ms',
      'orders',
    ],
    [
      'the timeline names a fault that does not exist',
      withTimeline({ fault: 'hang', atMs: 100, healAtMs: 200 }),
      'experiment "orders": fault "hang" does not exist',
      'hang',
    ],
    [
      'a fault is healed before it is injected',
      withTimeline({ fault: 'crash', atMs: 200, healAtMs: 200 }),
      'experiment "orders": fault "crash" is healed at 200 ms, not after 200 ms',
      'crash',
    ],
    [
      'a timed fault is never healed',
      withTimeline({ fault: 'crash', atMs: 200 }),
      'experiment "orders": fault "crash" is healed at undefined ms, not after 200 ms',
      'crash',
    ],
    [
      'a fault outlasts the load of the quick profile',
      withTimeline({ fault: 'crash', atMs: 100, healAtMs: 501 }),
      'experiment "orders": fault "crash" (100–501 ms) is not within the load\'s 500 ms',
      'crash',
    ],
    [
      'a fault begins before the load',
      withTimeline({ fault: 'crash', atMs: -1, healAtMs: 100 }),
      'experiment "orders": fault "crash" (-1–100 ms) is not within the load\'s 1000 ms',
      'crash',
    ],
    [
      'a fault at an event is never healed',
      withTimeline({ fault: 'crash', when: { service: 'shop', event: 'shop.stored' } }),
      'experiment "orders": fault "crash" has no healAfterMs: every fault is healed',
      'crash',
    ],
    [
      'its default is no experiment',
      labOf({ runByDefault: ['order'] }),
      'runByDefault names "order", which is no experiment',
      'order',
    ],
    [
      'its quick default is no experiment',
      labOf({ runByQuick: ['order'] }),
      'runByQuick names "order", which is no experiment',
      'order',
    ],
    ['its headline is no claim', labOf({ headlineClaim: 'fast' }), 'headlineClaim "fast" is no claim', 'headlineClaim'],
  ])('%s', (_, lab, rule, near) => {
    const refused = catchError(() => defineLab(lab));
    expect(refused).toBeInstanceOf(LabRuleError);
    expect(refused).toMatchObject({ rule, near, message: rule });
  });
});

function catchError(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return 'nothing was thrown';
}
