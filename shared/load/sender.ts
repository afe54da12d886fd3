/**
 * Keeps the schedule: starts every operation when it is due, whatever happened to those before it.
 *
 * States of an operation: intended → started → ended with an outcome. Nothing is skipped: a client that is late
 * sends late and its send lag says so. Invariant: `startedAtMs` ascends with the row, and the timeout is the same for
 * all, so the rows themselves are the queue of deadlines and one timer serves both schedule and deadlines.
 *
 * A tick sends all that is due. Ticks come from a timer, from each answer (the process is awake then anyway), and for
 * what is due within a millisecond, which no timer can express, from a nap: an exact sleep that blocks this thread,
 * after which the event loop reads what has arrived. A timer alone would send a millisecond late and more; polling the clock
 * would take a whole core away from the system under load. An answer that arrives during a nap is read up to a nap
 * later, and a nap costs a system call and a turn of the loop, so there are none where operations are denser than timers.
 */
import { performance } from 'node:perf_hooks';
import { columnsFor, OUTCOME_INDEX } from './columns.ts';
import { type OperationColumns, type OperationCounts, type Outcome, UNFINISHED } from './plan.ts';
import type { OperationTarget } from './target.ts';

/** After this many sends in one go the answers get a turn, so that a client that is behind still reads its clock. */
const SENDS_PER_TICK = 64;
/** The resolution of timers. */
const TIMER_MS = 1;
/** The longest nap where operations are less than 2 ms apart. */
const DENSE_NAP_MS = 0.5;
const TIMEOUT = OUTCOME_INDEX.timeout;
/** Never changes; waiting on it is an exact sleep. */
const NEVER = new Int32Array(new SharedArrayBuffer(4));

export class Sender {
  readonly columns: OperationColumns;
  readonly reasons = new Map<string, number>();
  readonly #endings = new Uint32Array(256);
  readonly #timeoutMs: number;
  readonly #longestNapMs: number;
  readonly #done = Promise.withResolvers<void>();
  #target: OperationTarget | undefined;
  /** performance.now() at the run's start. */
  #base = 0;
  #total: number;
  #next = 0;
  #oldest = 0;
  #ended = 0;
  #isTicking = false;
  #timer: NodeJS.Timeout | undefined;
  #timerDueMs = Number.POSITIVE_INFINITY;
  #isImmediateSet = false;
  #isOver = false;

  constructor(intendedAtMs: Float64Array, timeoutMs: number) {
    this.columns = columnsFor(intendedAtMs);
    this.#timeoutMs = timeoutMs;
    this.#total = intendedAtMs.length;
    const meanGapMs = this.#total > 1 ? (intendedAtMs.at(-1) as number) / (this.#total - 1) : Number.POSITIVE_INFINITY;
    this.#longestNapMs = longestNapMs(meanGapMs);
  }

  /** Starts the schedule at `base` on performance.now()'s clock. Resolves when every operation has ended. */
  run(target: OperationTarget, base: number): Promise<void> {
    this.#target = target;
    this.#base = base;
    this.#tick();
    return this.#done.promise;
  }

  /** Ends the run now. Returns how many rows it has: those that were due, sent or not. */
  stop(): number {
    const now = performance.now() - this.#base;
    while (this.#total > this.#next && (this.columns.intendedAtMs[this.#total - 1] as number) > now) this.#total--;
    this.#finish();
    return this.#total;
  }

  /** Milliseconds since the run's start. */
  get elapsedMs(): number {
    return performance.now() - this.#base;
  }

  get sent(): number {
    return this.#next;
  }

  /** Counts so far. `intended` is the whole schedule, `inFlight` what was sent and has not ended. */
  counts(): OperationCounts {
    const of = (outcome: Outcome) => this.#endings[OUTCOME_INDEX[outcome]] as number;
    return {
      intended: this.#total,
      ok: of('ok'),
      degraded: of('degraded'),
      failed: of('failed'),
      rejected: of('rejected'),
      timeout: of('timeout'),
      lost: of('lost'),
      inFlight: this.#next - this.#ended,
    };
  }

  /** The target's word on how an operation ended; an arrow so that it can be handed over. */
  readonly settle = (row: number, outcomeIndex: number, reason: string | null): void => {
    const { startedAtMs, endedAtMs, outcome } = this.columns;
    if (outcome[row] !== UNFINISHED || this.#isOver) return;
    const now = performance.now() - this.#base;
    endedAtMs[row] = now;
    this.#ended++;
    // An answer that is read after its deadline is a timeout, even if the timer had no turn to say so yet: the same
    // rule for all, however busy this process is.
    const isLate = now - (startedAtMs[row] as number) > this.#timeoutMs;
    this.#count(row, isLate ? TIMEOUT : outcomeIndex, isLate ? 'timeout' : reason);
    if (this.#ended === this.#total) this.#finish();
    else if (!this.#isTicking && (this.columns.intendedAtMs[this.#next] as number) <= now) this.#tick();
  };

  #count(row: number, outcomeIndex: number, reason: string | null): void {
    this.columns.outcome[row] = outcomeIndex;
    this.#endings[outcomeIndex] = (this.#endings[outcomeIndex] as number) + 1;
    if (reason !== null) this.reasons.set(reason, (this.reasons.get(reason) ?? 0) + 1);
  }

  #tick = (): void => {
    if (this.#isOver) return;
    const target = this.#target as OperationTarget;
    const { intendedAtMs, startedAtMs } = this.columns;
    this.#isTicking = true;
    let now = performance.now() - this.#base;
    this.#giveUpOverdue(now);
    const limit = Math.min(this.#total, this.#next + SENDS_PER_TICK);
    while (this.#next < limit && (intendedAtMs[this.#next] as number) <= now) {
      const row = this.#next++;
      startedAtMs[row] = now;
      target.send(row);
      now = performance.now() - this.#base;
    }
    this.#isTicking = false;
    if (this.#ended === this.#total) this.#finish();
    else this.#arm(now);
  };

  #onTimer = (): void => {
    this.#timer = undefined;
    this.#timerDueMs = Number.POSITIVE_INFINITY;
    this.#tick();
  };

  #onImmediate = (): void => {
    this.#isImmediateSet = false;
    if (this.#next < this.#total) {
      const restMs = (this.columns.intendedAtMs[this.#next] as number) - (performance.now() - this.#base);
      if (restMs > 0 && this.#longestNapMs > 0) Atomics.wait(NEVER, 0, 0, Math.min(restMs, this.#longestNapMs));
    }
    this.#tick();
  };

  #giveUpOverdue(now: number): void {
    const { startedAtMs, endedAtMs, outcome } = this.columns;
    for (; this.#oldest < this.#next; this.#oldest++) {
      const row = this.#oldest;
      if (outcome[row] !== UNFINISHED) continue;
      if (now - (startedAtMs[row] as number) < this.#timeoutMs) return;
      endedAtMs[row] = now;
      this.#ended++;
      this.#count(row, TIMEOUT, 'timeout');
      (this.#target as OperationTarget).giveUp(row);
    }
  }

  /** Sets the timer for what is due next, unless it is set for that or earlier. */
  #arm(now: number): void {
    const { intendedAtMs, startedAtMs } = this.columns;
    const nextSendMs = this.#next < this.#total ? (intendedAtMs[this.#next] as number) : Number.POSITIVE_INFINITY;
    const nextDeadlineMs =
      this.#oldest < this.#next ? (startedAtMs[this.#oldest] as number) + this.#timeoutMs : Number.POSITIVE_INFINITY;
    const dueMs = Math.min(nextSendMs, nextDeadlineMs);
    if (dueMs <= now || (nextSendMs < now + TIMER_MS && this.#longestNapMs > 0)) {
      // Behind, or too close for a timer. The immediate lets the answers be read first.
      if (!this.#isImmediateSet) setImmediate(this.#onImmediate);
      this.#isImmediateSet = true;
    } else if (dueMs < this.#timerDueMs) {
      clearTimeout(this.#timer);
      this.#timerDueMs = dueMs;
      this.#timer = setTimeout(this.#onTimer, dueMs - now);
    }
  }

  #finish(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.#done.resolve();
  }
}

/** 0: no naps. Denser than a timer, answers wake the process about as often anyway, and naps would only add CPU. */
function longestNapMs(meanGapMs: number): number {
  if (meanGapMs >= 2 * TIMER_MS) return TIMER_MS;
  return meanGapMs >= TIMER_MS ? DENSE_NAP_MS : 0;
}
