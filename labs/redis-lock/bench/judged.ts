/**
 * The part with a bound: `token` against redis-benchmark, with the most contenders.
 *
 * Acquire and release are two round trips, so at best there are half as many cycles as the server answers requests.
 * The two take turns, a round of redis-benchmark stands on both sides of each round of `token`, and the median of the
 * rounds' ratios counts. On a machine that is busy with something else nothing is judged:
 * see shared/load/bench/other-work.ts.
 * Read next: profile.ts (where the client's time goes).
 */
import type { BenchContext, BenchPart } from '@backend-labs/load';
import { medianOf, rounded } from '@backend-labs/load/bench/figures';
import { MOST_OTHER_WORK, OtherWork } from '@backend-labs/load/bench/other-work';
import { percent } from './figures.ts';
import type { Plan } from './plan.ts';
import type { Stand } from './stand.ts';

export const LEAST_SHARE = 0.5;
export const AIM_SHARE = 0.7;
const LOOK_MS = 200;
export const TOKEN = 'src/variants/token.ts';

const NEXT = '`node labs/redis-lock/bench/profile.ts` shows where the time goes';

export interface Shares {
  /** One for each round: cycles per second in parts of half of the requests per second. */
  shares: number[];
  cyclesPerSecond: number;
  requestsPerSecond: number;
  /** The client's, for each cycle. */
  cpuUs: number;
  /** Of all cores' time between the rounds, the share that something else took. */
  otherWork: number;
}

/** Null where there is no redis-benchmark. */
export async function compareToken(
  stand: Stand,
  { levels, judged }: Pick<Plan, 'levels' | 'judged'>,
  options: { autoPipelining?: boolean } = {},
): Promise<Shares | null> {
  const { warmUpMs, durationMs, benchmarkMs } = judged;
  const contenders = levels.at(-1) as number;
  const sets = async () => (await stand.sets(contenders, benchmarkMs))?.requestsPerSecond;
  await sets(); // from which it knows how many requests take that long
  let before = await sets();
  if (before === undefined) return null;
  const rounds: { cycles: number; requests: number; cpuUs: number }[] = [];
  const otherWork = new OtherWork();
  for (let round = 0; round < judged.rounds; round++) {
    await otherWork.look(LOOK_MS);
    const task = { levels: [contenders], rounds: 1, warmUpMs, durationMs, sameAccount: false } as const;
    const [measured] = await stand.measure(TOKEN, { ...task, ...options, work: 'none' });
    const after = (await sets()) ?? Number.NaN;
    if (measured === undefined) throw new Error('token: nothing was measured');
    const { cyclesPerSecond: cycles, cpuUs } = measured;
    rounds.push({ cycles, cpuUs, requests: (before + after) / 2 });
    before = after;
  }
  return {
    shares: rounds.map(({ cycles, requests }) => cycles / (requests / 2)),
    cyclesPerSecond: medianOf(rounds.map(({ cycles }) => cycles)),
    requestsPerSecond: medianOf(rounds.map(({ requests }) => requests)),
    cpuUs: medianOf(rounds.map((round) => round.cpuUs)),
    otherWork: otherWork.share,
  };
}

export async function judgeToken(stand: Stand, plan: Plan, { log }: Pick<BenchContext, 'log'>): Promise<BenchPart> {
  const contenders = plan.levels.at(-1);
  log(`token against redis-benchmark, ${contenders} contenders, ${plan.judged.rounds} rounds`);
  const name = `token at ${contenders} contenders`;
  const compared = await compareToken(stand, plan);
  if (compared === null) return { name, met: null, detail: stand.whyNot };
  return { name, ...judge(compared) };
}

/** Pure: of what was compared, whether the bound was reached, and the numbers. */
export function judge({ shares, cyclesPerSecond, requestsPerSecond, otherWork }: Shares): Omit<BenchPart, 'name'> {
  const share = medianOf(shares);
  const numbers =
    `expected at least ${percent(LEAST_SHARE)} of half of redis-benchmark's requests/s (the aim is ${percent(AIM_SHARE)}), ` +
    `measured ${percent(share)} (rounds from ${percent(Math.min(...shares))} to ${percent(Math.max(...shares))}): ` +
    `${rounded(cyclesPerSecond)} cycles/s beside ${rounded(requestsPerSecond)} requests/s`;
  if (otherWork > MOST_OTHER_WORK) {
    const why = `not judged, because other work takes ${percent(otherWork)} of this machine's CPU time`;
    return { met: null, detail: `${why} (at most ${percent(MOST_OTHER_WORK)}); ${numbers}` };
  }
  return { met: share >= LEAST_SHARE, detail: share < AIM_SHARE ? `${numbers}; ${NEXT}` : numbers };
}
