/**
 * When operations start: an absolute schedule, made before the first one is sent.
 *
 * Invariant: pure; the same arrivals, rate, duration and seed give the same times on every machine, and no answer of
 * the system under load can move them. Read next: sender.ts (keeps the schedule).
 */
import type { Arrivals } from './plan.ts';
import { seededRandom } from './random.ts';

/** A schedule is held in memory as a whole; more than this is a mistake in the plan. */
export const MAXIMUM_OPERATIONS = 5_000_000;

export interface ScheduleOptions {
  arrivals: Arrivals;
  ratePerSecond: number;
  durationMs: number;
  seed: number;
}

/**
 * Intended start times in ms after the run's start, ascending, all in [0, durationMs).
 * `constant`: the i-th at exactly i / rate. `poisson`: independent exponential gaps with mean 1 / rate, so the number
 * of operations varies from seed to seed (its variance equals its mean). Throws RangeError on a plan that is nonsense.
 */
export function scheduleOf({ arrivals, ratePerSecond, durationMs, seed }: ScheduleOptions): Float64Array {
  requirePositive('ratePerSecond', ratePerSecond);
  requirePositive('durationMs', durationMs);
  if (!Number.isSafeInteger(seed)) throw new RangeError(`seed must be an integer, received ${seed}`);
  const expected = (ratePerSecond * durationMs) / 1000;
  if (expected > MAXIMUM_OPERATIONS) {
    throw new RangeError(
      `${ratePerSecond}/s for ${durationMs} ms are ${Math.round(expected)} operations; at most ${MAXIMUM_OPERATIONS} fit in one run`,
    );
  }
  return arrivals === 'constant'
    ? constantSchedule(ratePerSecond, durationMs)
    : poissonSchedule(ratePerSecond, durationMs, seed);
}

function constantSchedule(ratePerSecond: number, durationMs: number): Float64Array {
  const times = new Float64Array(Math.ceil((ratePerSecond * durationMs) / 1000) + 1);
  let count = 0;
  // Not by adding up gaps: the rounding errors of a million additions would shift the end of the run.
  for (let at = 0; at < durationMs; at = (count * 1000) / ratePerSecond) times[count++] = at;
  return times.slice(0, count);
}

function poissonSchedule(ratePerSecond: number, durationMs: number, seed: number): Float64Array {
  const random = seededRandom(seed);
  const expected = (ratePerSecond * durationMs) / 1000;
  let times = new Float64Array(Math.ceil(expected + 10 * Math.sqrt(expected)) + 16);
  let count = 0;
  const gapMs = () => (-Math.log(1 - random()) * 1000) / ratePerSecond; // 1 - u is never 0, so the logarithm is finite
  for (let at = gapMs(); at < durationMs; at += gapMs()) {
    if (count === times.length) {
      const longer = new Float64Array(times.length * 2);
      longer.set(times);
      times = longer;
    }
    times[count++] = at;
  }
  return times.slice(0, count);
}

function requirePositive(name: string, value: number): void {
  if (!Number.isFinite(value) || value <= 0) throw new RangeError(`${name} must be above 0, received ${value}`);
}
