/**
 * What the claims of this lab measure.
 *
 * Invariant: pure; null when the situation did not come about, never a made-up zero. Read next: ledger.ts, sets.ts.
 */
import { atLeast, type ExperimentDefinition, never, type Observation, type Property } from '@backend-labs/experiment';
import { overtaken, repeated, without } from './ledger.ts';
import { setsOf } from './sets.ts';
import type { StandParameters } from './stand.ts';

export type OutboxObservation = Observation<StandParameters>;
type Ids = (observation: OutboxObservation) => readonly (string | number)[];

export const lostOf = ({ ledger }: OutboxObservation) => ledger?.lost ?? [];
export const phantomsOf = ({ ledger }: OutboxObservation) => ledger?.phantom ?? [];
export const doubledOf = ({ ledger }: OutboxObservation) => ledger?.duplicate ?? [];
export const publishedTwice = ({ witnesses }: OutboxObservation) => repeated(setsOf(witnesses).published);
export const overtakenOf = ({ witnesses }: OutboxObservation) => overtaken(setsOf(witnesses).published);

/** Something that is in the sets of a run happens at least once. */
export function happens(options: {
  description: string;
  unit: string;
  ids: Ids;
  evidence?: (id: string | number) => string;
  /** At least so many; 1 unless told. */
  bound?: (parameters: StandParameters) => number;
  formula?: string;
}): Property<StandParameters> {
  const { description, unit, ids, bound = () => 1, formula, evidence = (id) => `order ${id}` } = options;
  return atLeast<StandParameters>({
    description,
    kind: 'characteristic',
    unit,
    bound,
    ...(formula === undefined ? {} : { formula }),
    measure: (observation) => (observation.ledger === null ? null : ids(observation).length),
    evidence: (observation) => ids(observation).map(evidence),
  });
}

/** It never does, in as many chances as the experiment gives it. */
export function neverHappens(options: {
  description: string;
  what: string;
  chance: string;
  ids: Ids;
  chancesOf: (observation: OutboxObservation) => number;
}): Property<StandParameters> {
  return never<StandParameters>({
    description: options.description,
    kind: 'guarantee',
    what: options.what,
    chance: options.chance,
    find: (observation) =>
      observation.ledger === null
        ? null
        : { ids: options.ids(observation).map((id) => `order ${id}`), chances: options.chancesOf(observation) },
  });
}

/** The row of a variant in the table of every experiment. */
export function commonFacts(observation: OutboxObservation): Record<string, number | string | null> {
  const { committed, published, applied, buried } = setsOf(observation.witnesses);
  return {
    committed: committed.length,
    'committed, never published': lostOf(observation).length,
    'published, of no order': phantomsOf(observation).length,
    'published twice': publishedTwice(observation).length,
    'published, not applied': without(published, applied).length,
    'effect twice': doubledOf(observation).length,
    'published out of order': overtakenOf(observation).length,
    'dead letters': buried.length,
  };
}

/** For every experiment: what went in and what came out, over time. */
export const plots: ExperimentDefinition<string, string, StandParameters>['plots'] = [
  { series: 'load.ok', title: 'Orders placed', unit: 'per 250 ms' },
  { series: 'witness.published', title: 'Events published', unit: 'per 250 ms' },
];
