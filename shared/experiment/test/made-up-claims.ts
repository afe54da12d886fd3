/** Made-up claims, runs and labs: what judging, planning and the rules of a lab are tested on. */
import type { ClaimInput, JudgedRun } from '../judge.ts';
import type { ClaimDefinition, ExperimentDefinition } from '../lab.ts';
import type { Property } from '../properties.ts';
import { chancesOf } from '../statistics.ts';
import { madeUp } from './made-up.ts';

type Numbers = Record<string, number>;
export type AnyExperiment = ExperimentDefinition<string, string, Numbers>;

/** What the made-up property says of a run: it reads the run's parameter `says`. */
export const SAYS = { no: 0, yes: 1, unknown: 2 } as const;
export type Says = keyof typeof SAYS;

export const answering: Property<Numbers> = {
  description: 'no order is lost',
  kind: 'guarantee',
  predicted: ({ ratePerSecond }) => `none of ${ratePerSecond} a second`,
  judge({ parameters, variant }) {
    const says = parameters.says as number;
    return {
      ok: says === SAYS.unknown ? null : says === SAYS.yes,
      measured: `${variant} says ${says}`,
      value: parameters.value ?? null,
      unit: 'orders',
      chances: parameters.chances === undefined ? null : chancesOf(parameters.chances, says === SAYS.no ? 1 : 0),
      evidence: [`${variant} 7`],
      reason: says === SAYS.unknown ? 'too few chances' : null,
    };
  },
};

export const claim: ClaimDefinition<string, string> = {
  id: 'keeps-orders',
  statement: 'The fixed one loses no order.',
  property: 'no loss',
  variant: 'fixed',
  control: 'broken',
};

/** A finished run of a variant of which the property says this. */
export function run(
  variant: string,
  says: Says,
  changes: { disturbed?: boolean; error?: string; broughtByReader?: boolean; numbers?: Numbers } = {},
): JudgedRun {
  return {
    observation: madeUp((observation) => {
      observation.variant = variant;
      observation.parameters = { says: SAYS[says], ...changes.numbers };
      observation.error = changes.error ?? null;
    }),
    selfChecks: [
      { name: 'conservation', ok: true, expected: 1, measured: 1 },
      { name: 'clocks', ok: changes.disturbed !== true, expected: 'within 250 ms', measured: '3000 ms apart' },
    ],
    broughtByReader: changes.broughtByReader ?? false,
  };
}

export function claimInput(runs: readonly JudgedRun[], changes: Partial<ClaimInput> = {}): ClaimInput {
  return {
    claim,
    property: answering,
    runs: new Map(runs.map((one) => [one.observation.variant, one])),
    skipped: null,
    ...changes,
  };
}

/** An experiment that keeps every rule. */
export function experimentOf(changes: Partial<AnyExperiment> = {}): AnyExperiment {
  return {
    question: 'Is an order lost?',
    parameters: { ratePerSecond: 100, durationMs: 1000 },
    quick: { durationMs: 500 },
    workload: ({ ratePerSecond, durationMs }) => ({
      arrivals: 'constant',
      ratePerSecond: ratePerSecond as number,
      durationMs: durationMs as number,
      timeoutMs: 100,
    }),
    operation: ({ urlOf }) => ({ kind: 'http', url: urlOf('shop') }),
    services: () => [{ name: 'shop', entry: 'shop.ts' }],
    hops: [{ from: 'load', to: 'shop' }],
    timeline: () => [{ fault: 'crash', atMs: 100, healAtMs: 400 }],
    properties: { 'no loss': answering },
    claims: [claim],
    facts: () => ({}),
    plots: [],
    resolutionMs: () => 20,
    ...changes,
  };
}
