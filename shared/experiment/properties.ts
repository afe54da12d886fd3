/**
 * Properties: named questions to an observation that can be answered no.
 *
 * Three kinds are enough so far: a number near its prediction, a number beyond or within a bound, something that never
 * happens.
 * Invariant: a property states its prediction from the lab's own parameters, before anything is measured.
 * Read next: judge.ts (how a property, a control and the self-checks become a verdict).
 */
import type { Observation } from './observation.ts';
import type { Chances } from './result/schema.ts';
import { chancesOf, MINIMUM_CHANCES, readable } from './statistics.ts';

/** What a property said of one observation. `ok: null`: it cannot be told, and `reason` says why. */
export interface Judgement {
  ok: boolean | null;
  measured: string;
  value: number | null;
  unit: string;
  chances: Chances | null;
  evidence: string[];
  reason: string | null;
}

export interface JudgeContext<P> {
  parameters: P;
  /** Another variant's observation in the same run and repeat; undefined if it was not run. */
  other: (variant: string) => Observation<P> | undefined;
}

export interface Property<P> {
  description: string;
  /** A guarantee is what anyone's implementation should keep; a characteristic describes one variant. */
  kind: 'guarantee' | 'characteristic';
  predicted: (parameters: P) => string;
  judge: (observation: Observation<P>, context: JudgeContext<P>) => Judgement;
}

type Common = { description: string; kind: 'guarantee' | 'characteristic' };
type Measure<P> = (observation: Observation<P>, context: JudgeContext<P>) => number | null;

/** What the properties of a number have in common. */
type NumberOptions<P> = Common & {
  unit: string;
  measure: Measure<P>;
  evidence?: (observation: Observation<P>) => string[];
};

/** A number with its unit; a ratio has none. */
function withUnit(value: number, unit: string): string {
  return unit === '' ? readable(value) : `${readable(value)} ${unit}`;
}

function unmeasured(unit: string, reason: string): Judgement {
  return { ok: null, measured: 'nothing to measure', value: null, unit, chances: null, evidence: [], reason };
}

/** What `near` and the bounds are made of: a measured number, and whether it is as the parameters want it. */
function ofNumber<P>(
  { description, kind, unit, measure, evidence, absentMeans }: NumberOptions<P> & { absentMeans?: string | undefined },
  predicted: Property<P>['predicted'],
  isMet: (value: number, parameters: P) => boolean,
): Property<P> {
  return {
    description,
    kind,
    predicted,
    judge(observation, context) {
      const value = measure(observation, context);
      if (value === null && absentMeans === undefined) {
        return unmeasured(unit, 'what the property asks for did not occur in this run');
      }
      if (value !== null && !Number.isFinite(value)) return unmeasured(unit, 'the measured value is not a number');
      return {
        ok: value !== null && isMet(value, context.parameters),
        measured: value === null ? (absentMeans ?? '') : withUnit(value, unit),
        value,
        unit,
        chances: null,
        evidence: evidence?.(observation) ?? [],
        reason: null,
      };
    },
  };
}

/**
 * The measured number lies within `tolerance` (a fraction) of the predicted one. A measure of null counts as "it did
 * not happen" and fails: say so in `absentMeans`.
 */
export function near<P>(
  options: NumberOptions<P> & {
    tolerance: number;
    formula: string;
    predict: (parameters: P) => number;
    absentMeans: string;
  },
): Property<P> {
  const { unit, tolerance, formula, predict } = options;
  return ofNumber(
    options,
    (parameters) => `${formula} = ${withUnit(predict(parameters), unit)}, ± ${readable(tolerance * 100)} %`,
    (value, parameters) => Math.abs(value - predict(parameters)) <= tolerance * Math.abs(predict(parameters)),
  );
}

type BoundOptions<P> = NumberOptions<P> & {
  /** How the bound follows from the parameters; left out for a bound that is a plain number. */
  formula?: string;
  bound: (parameters: P) => number;
};

function boundInWords<P>(word: string, { formula, bound, unit }: BoundOptions<P>): Property<P>['predicted'] {
  return (parameters) => `${word} ${formula === undefined ? '' : `${formula} = `}${withUnit(bound(parameters), unit)}`;
}

/** The measured number is at most the bound that the parameters give. A measure of null cannot be judged. */
export function atMost<P>(options: BoundOptions<P>): Property<P> {
  const isMet = (value: number, parameters: P) => value <= options.bound(parameters);
  return ofNumber(options, boundInWords('at most', options), isMet);
}

/**
 * The measured number is at least the bound that the parameters give. A measure of null cannot be judged, unless
 * `absentMeans` says what it means that it did not happen: then it fails with these words.
 */
export function atLeast<P>(options: BoundOptions<P> & { absentMeans?: string }): Property<P> {
  const isMet = (value: number, parameters: P) => value >= options.bound(parameters);
  return ofNumber(options, boundInWords('at least', options), isMet);
}

/**
 * Something never happens. `find` returns the raw ids of each time it did and the number of independent chances it
 * had; null when the situation did not come about at all. Seen once: refuted, however few the chances. Not seen:
 * it takes MINIMUM_CHANCES chances to claim anything.
 */
export function never<P>(
  options: Common & {
    what: string;
    /** One chance, in words: "call while the breaker is open". */
    chance: string;
    find: (observation: Observation<P>, context: JudgeContext<P>) => { ids: string[]; chances: number } | null;
    /** What a run says in which the situation never came about, for a variant that must bring it about. */
    absentMeans?: string;
  },
): Property<P> {
  return {
    description: options.description,
    kind: options.kind,
    predicted: () => `no ${options.what}`,
    judge(observation, context) {
      const found = options.find(observation, context);
      if (found === null) {
        if (options.absentMeans === undefined) return unmeasured('', 'the situation did not come about in this run');
        const measured = options.absentMeans;
        return { ok: false, measured, value: null, unit: '', chances: null, evidence: [], reason: null };
      }
      const occurrences = found.ids.length;
      const chances = chancesOf(Math.max(found.chances, occurrences), occurrences);
      const measured = `${occurrences} × ${options.what} in ${chances.count} chances (one chance: ${options.chance})`;
      const enough = chances.count >= MINIMUM_CHANCES;
      return {
        ok: occurrences > 0 ? false : enough ? true : null,
        measured,
        value: occurrences,
        unit: 'times',
        chances,
        evidence: found.ids,
        reason:
          occurrences === 0 && !enough
            ? `none seen, but ${chances.count} chances are fewer than ${MINIMUM_CHANCES}: nothing is claimed`
            : null,
      };
    },
  };
}
