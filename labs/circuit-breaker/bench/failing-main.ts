/**
 * Measures in this process what a failing call costs `breaker`, with opossum's percentiles on and off. See failing-path.ts.
 *
 * Each round has a new breaker, fills its window with calls that succeeded, and then lets a few fail. On and off
 * alternate as ABBA; both are the same code in opossum but for one branch, so here they share a process.
 * Invariant: the breaker stays closed, or its rejections would be measured.
 */
import { EventEmitter } from 'node:events';
import { setImmediate as turn } from 'node:timers/promises';
import CircuitBreaker from 'opossum';
import breaker from '../src/variants/breaker.ts';
import { opossumWith } from './breaker-with-percentiles.ts';
import { createForBench, quote, request } from './stand.ts';

export interface FailingTask {
  /** How many calls the window holds before the first failure. */
  windows: number[];
  /** A multiple of 4, of each window: half with percentiles. */
  rounds: number;
}

/** One round. */
export interface FailingMeasurement {
  samples: number;
  percentiles: boolean;
  /** Of each failing call. */
  us: number[];
}

/** breaker.ts has that many buckets. */
const BUCKETS = 20;
/** So few that the window grows by at most a twentieth, and the share of failures stays far below p. */
const failuresIn = (samples: number) => Math.min(20, samples / 20);

/** A latency in whole ms, as opossum takes them: 20 ms and an exponential tail of 10 ms. */
const latencyMs = () => Math.round(20 - 10 * Math.log(1 - Math.random()));

/**
 * Fills the window bucket by bucket, as W of a steady load would.
 *
 * By the events that opossum itself emits at a call and its success: real calls would have to take their time, and
 * calls that all take 0 ms would be in order already, which is what a sort likes best.
 */
function fill(of: CircuitBreaker, clock: EventEmitter, samples: number): void {
  for (let bucket = 0; bucket < BUCKETS; bucket++) {
    if (bucket > 0) clock.emit('rotate');
    for (let n = 0; n < samples / BUCKETS; n++) {
      of.emit('fire', [request]);
      of.emit('success', quote, latencyMs());
    }
  }
}

async function measureRound(samples: number, percentiles: boolean): Promise<FailingMeasurement> {
  // Made once: an error's stack trace costs more than what is measured, and is the caller's.
  const failure = new Error('the dependency failed');
  const clock = new EventEmitter();
  let made: CircuitBreaker | undefined;
  const policy = await createForBench(
    breaker,
    async () => {
      throw failure;
    },
    // The window moves when this says so, and not in the middle of a round.
    opossumWith(
      CircuitBreaker,
      { rollingPercentilesEnabled: percentiles, rotateBucketController: clock },
      (created) => {
        made = created;
      },
    ),
  );
  if (made === undefined) throw new Error('breaker.ts made no breaker');
  fill(made, clock, samples);
  const failures = failuresIn(samples);
  const us: number[] = [];
  for (let n = 0; n < failures; n++) {
    const startedAt = performance.now();
    await policy.call(request).catch(() => {}); // what became of it is asked below
    us.push((performance.now() - startedAt) * 1000);
  }
  const { failures: counted, fires, rejects } = made.stats;
  if (counted !== failures || fires !== samples + failures || rejects !== 0) {
    throw new Error(
      `wanted ${failures} failures of ${samples + failures} calls and a closed breaker; ` +
        `it counted ${counted} of ${fires} and rejected ${rejects}`,
    );
  }
  await policy.close?.();
  await turn();
  return { samples, percentiles, us };
}

async function measure({ windows, rounds }: FailingTask): Promise<FailingMeasurement[]> {
  const measured: FailingMeasurement[] = [];
  for (const samples of windows) {
    for (let four = 0; four < rounds / 4; four++) {
      for (const percentiles of [true, false, false, true]) measured.push(await measureRound(samples, percentiles));
    }
  }
  return measured;
}

const task = JSON.parse(process.argv[2] ?? '') as FailingTask;
await measure(task); // until V8 has compiled what is measured
process.stdout.write(JSON.stringify(await measure(task)));
