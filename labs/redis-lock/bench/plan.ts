/**
 * How long and how often, and of whom. What is measured is the same in both plans; the quick one only shows that it works.
 */
import lab from '../lab.ts';

export interface Plan {
  /** How many contenders at once, from few to many. */
  levels: readonly number[];
  /** A median is taken over so many. */
  rounds: number;
  warmUpMs: number;
  durationMs: number;
  /** How long redis-benchmark takes, about. */
  benchmarkMs: number;
  /** Of the comparison that is judged. */
  judged: { rounds: number; warmUpMs: number; durationMs: number; benchmarkMs: number };
  /** Files by name: the variants that lock, and all. */
  locks: Record<string, string>;
  variants: Record<string, string>;
}

/** They have no lock that could be measured alone. */
const WITHOUT_LOCK = ['none', 'atomic-update', 'compare-and-set'];

const LEVELS = [1, 8, 64];

export function planOf({ quick }: { quick: boolean }): Plan {
  const variants = Object.fromEntries(Object.entries(lab.variants).map(([name, { file }]) => [name, file]));
  const locks = Object.fromEntries(Object.entries(variants).filter(([name]) => !WITHOUT_LOCK.includes(name)));
  const common = { levels: LEVELS, locks, variants };
  return quick
    ? {
        ...common,
        ...{ rounds: 1, warmUpMs: 50, durationMs: 50, benchmarkMs: 50 },
        judged: { rounds: 2, warmUpMs: 200, durationMs: 300, benchmarkMs: 200 },
      }
    : {
        ...common,
        ...{ rounds: 3, warmUpMs: 400, durationMs: 250, benchmarkMs: 200 },
        judged: { rounds: 5, warmUpMs: 500, durationMs: 1200, benchmarkMs: 800 },
      };
}
