/**
 * What the compiler refuses in a lab.ts. tsc checks this file with the rest (`./lab test --static`): an expected error
 * that does not come about is an error itself. Each case is refused at run time as well, which is what the assertions
 * are for; define-lab.test.ts has the wording.
 */
import { expect, it } from 'vitest';
import { LabRuleError } from '../define-lab.ts';
import { defineLab, experiment, never } from '../index.ts';

const common = {
  question: 'Is an order lost?',
  parameters: { ratePerSecond: 100, durationMs: 1000 },
  quick: { durationMs: 500 },
  workload: (parameters: { ratePerSecond: number; durationMs: number }) => ({
    arrivals: 'constant' as const,
    timeoutMs: 100,
    ...parameters,
  }),
  operation: () => ({ kind: 'http' as const, url: 'http://127.0.0.1' }),
  services: () => [],
  hops: [{ from: 'load', to: 'shop' }],
  properties: {
    'no loss': never<{ ratePerSecond: number; durationMs: number }>({
      description: 'no order is lost',
      kind: 'guarantee',
      what: 'lost order',
      chance: 'an order',
      find: () => null,
    }),
  },
  facts: () => ({}),
  plots: [],
  resolutionMs: () => 20,
};
const claim = { id: 'kept', statement: 's', property: 'no loss', variant: 'fixed', control: 'broken' } as const;
const timeline = () => [{ fault: 'crash' as const, atMs: 100, healAtMs: 200 }];
const orders = experiment({ ...common, timeline, claims: [claim] });

const lab = {
  name: 'shop',
  question: 'Is an order lost?',
  needs: {},
  variants: { broken: { file: 'b.ts', summary: '' }, fixed: { file: 'f.ts', summary: '' } },
  faults: { crash: { inject: async () => {}, heal: async () => {} } },
  headlineClaim: 'kept',
};

it('a lab that keeps the rules compiles and is accepted', () => {
  expect(defineLab({ ...lab, experiments: { orders } }).name).toBe('shop');
});

it('a claim without a control does not compile', () => {
  const { control: _, ...uncontrolled } = claim;
  // @ts-expect-error: control is missing
  const wrong = experiment({ ...common, timeline, claims: [uncontrolled] });
  expect(() => defineLab({ ...lab, experiments: { wrong } })).toThrow(LabRuleError);
});

it('a claim about a variant that does not exist does not compile', () => {
  const wrong = experiment({ ...common, timeline, claims: [{ ...claim, variant: 'fixd' }] });
  // @ts-expect-error: the lab has no variant "fixd"
  expect(() => defineLab({ ...lab, experiments: { wrong } })).toThrow(LabRuleError);
});

it('a control that does not exist does not compile', () => {
  const wrong = experiment({ ...common, timeline, claims: [{ ...claim, control: 'brokn' }] });
  // @ts-expect-error: the lab has no variant "brokn"
  expect(() => defineLab({ ...lab, experiments: { wrong } })).toThrow(LabRuleError);
});

it('a comparison with a variant that does not exist does not compile', () => {
  const wrong = experiment({ ...common, timeline, claims: [{ ...claim, comparesWith: ['other'] }] });
  // @ts-expect-error: the lab has no variant "other"
  expect(() => defineLab({ ...lab, experiments: { wrong } })).toThrow(LabRuleError);
});

it('a property that does not exist does not compile', () => {
  // @ts-expect-error: the experiment has no property "no los"
  const wrong = experiment({ ...common, timeline, claims: [{ ...claim, property: 'no los' }] });
  expect(() => defineLab({ ...lab, experiments: { wrong } })).toThrow(LabRuleError);
});

it('a fault without a heal does not compile', () => {
  const unhealed = { crash: { inject: async () => {} } };
  // @ts-expect-error: heal is missing
  expect(() => defineLab({ ...lab, faults: unhealed, experiments: { orders } })).toThrow(LabRuleError);
});

it('a timeline that names an unknown fault does not compile', () => {
  const hang = () => [{ fault: 'hang' as const, atMs: 100, healAtMs: 200 }];
  const wrong = experiment({ ...common, timeline: hang, claims: [claim] });
  // @ts-expect-error: the lab has no fault "hang"
  expect(() => defineLab({ ...lab, experiments: { wrong } })).toThrow(LabRuleError);
});

it('a timeline entry without a moment to heal does not compile', () => {
  const forever = () => [{ fault: 'crash' as const, atMs: 100 }];
  // @ts-expect-error: healAtMs is missing
  const wrong = experiment({ ...common, timeline: forever, claims: [claim] });
  expect(() => defineLab({ ...lab, experiments: { wrong } })).toThrow(LabRuleError);
});

it('a quick profile may change parameters only, not invent any', () => {
  // @ts-expect-error: there is no parameter "durationS"
  const wrong = experiment({ ...common, quick: { durationS: 1 }, timeline, claims: [claim] });
  expect(wrong.quick).toEqual({ durationS: 1 });
});
