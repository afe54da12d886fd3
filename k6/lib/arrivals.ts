/**
 * Open-model scenarios: requests start on a schedule, however slow the answers are.
 *
 * A fixed number of users who each wait for their answer (k6's `vus`) would send less as soon as the service slows
 * down, and so hide what is to be seen.
 *
 * Invariant: by Little's law no more than rate × patience requests are in flight, where patience is the longest that
 * a request may take. So many users are there from the start, and a dropped iteration is never the service's doing:
 * the machine could not keep the schedule, and the run must not count.
 */
import type { Scenario } from 'k6/options';
import { durationSeconds, oneOf, positiveNumber } from './environment.ts';

/**
 * The scenario that `SCENARIO`, `RATE` (requests per second) and `DURATION` ask for:
 *
 *   constant  RATE all the time
 *   ramp      from a tenth of RATE up to RATE within two thirds of the time, and then on at RATE
 *
 * `patienceSeconds`: the timeout of each request.
 */
export function arrivals({ patienceSeconds }: { patienceSeconds: number }): Scenario {
  const rate = positiveNumber('RATE', 200);
  const seconds = durationSeconds('DURATION', '30s');
  // Some more, because a user is busy a little longer than its request.
  const preAllocatedVUs = Math.ceil(rate * patienceSeconds * 1.1) + 5;
  // After the schedule's end, as long as the last request may take.
  const gracefulStop = `${patienceSeconds + 1}s`;
  if (oneOf('SCENARIO', ['constant', 'ramp']) === 'constant') {
    return {
      executor: 'constant-arrival-rate',
      // Whole numbers are all that k6 takes: a rate per minute leaves room for half a request per second.
      rate: Math.round(rate * 60),
      timeUnit: '1m',
      duration: inMs(seconds),
      preAllocatedVUs,
      gracefulStop,
    };
  }
  return {
    executor: 'ramping-arrival-rate',
    startRate: Math.round(rate * 6),
    timeUnit: '1m',
    stages: [
      { target: Math.round(rate * 60), duration: inMs((seconds * 2) / 3) },
      { target: Math.round(rate * 60), duration: inMs(seconds / 3) },
    ],
    preAllocatedVUs,
    gracefulStop,
  };
}

function inMs(seconds: number): string {
  return `${Math.round(seconds * 1000)}ms`;
}
