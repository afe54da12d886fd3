/**
 * How long, how often and of whom. What is measured is the same in both plans; the quick one only shows that it works.
 */
import lab from '../lab.ts';

export interface Plan {
  /** Events taken at once, by all relays and peers. */
  batchSize: number;
  throughput: {
    rounds: number;
    warmUpMs: number;
    durationMs: number;
    /** Events that wait, more than can be moved in that time. One by one it is fewer. */
    backlog: number;
    backlogOneByOne: number;
  };
  growth: {
    backlogs: readonly number[];
    warmUpRounds: number;
    rounds: number;
    /** Of each backlog, in each round. */
    windowMs: number;
  };
  latency: {
    ratePerSecond: number;
    idleMs: number;
    warmUpMs: number;
    durationMs: number;
    pollIntervalMs: number;
    /** Of the curve. */
    pollIntervalsMs: readonly number[];
  };
  writePath: { writers: readonly number[]; rounds: number; warmUpMs: number; durationMs: number };
  /** Files by name: those whose throughput is compared, and all. */
  relays: Record<string, string>;
  variants: Record<string, string>;
}

/** One for each way to read the outbox that loses nothing. */
const RELAYS = ['skip-locked', 'poll-by-xid', 'cdc-pgoutput'];

export function planOf({ quick }: { quick: boolean }): Plan {
  const variants = Object.fromEntries(Object.entries(lab.variants).map(([name, { file }]) => [name, file]));
  const relays = Object.fromEntries(RELAYS.map((name) => [name, variants[name] as string]));
  const common = { batchSize: 100, relays, variants };
  const latency = { ratePerSecond: 200, pollIntervalMs: 20 };
  return quick
    ? {
        ...common,
        throughput: { rounds: 1, warmUpMs: 200, durationMs: 300, backlog: 10_000, backlogOneByOne: 2000 },
        growth: { backlogs: [1e3, 1e4], warmUpRounds: 1, rounds: 3, windowMs: 150 },
        latency: { ...latency, idleMs: 100, warmUpMs: 200, durationMs: 300, pollIntervalsMs: [5, 100] },
        writePath: { writers: [1, 16], rounds: 1, warmUpMs: 100, durationMs: 200 },
      }
    : {
        ...common,
        throughput: { rounds: 3, warmUpMs: 500, durationMs: 1500, backlog: 40_000, backlogOneByOne: 8000 },
        growth: { backlogs: [1e3, 1e4, 1e5, 1e6], warmUpRounds: 4, rounds: 24, windowMs: 200 },
        latency: {
          ...latency,
          ...{ idleMs: 500, warmUpMs: 500, durationMs: 2000, pollIntervalsMs: [5, 20, 100, 500] },
        },
        writePath: { writers: [1, 16], rounds: 3, warmUpMs: 300, durationMs: 800 },
      };
}
