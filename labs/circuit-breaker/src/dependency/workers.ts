/**
 * The dependency's workers: so many at once, the rest in a queue, first come, first served.
 *
 * Nobody leaves the queue: a call whose caller has given up is worked on like any other, because nothing tells the
 * worker. So a queue longer than the callers' patience is work for nobody, and the calls behind it get late as well.
 * Invariant: at most `count` calls are worked on; their throughput is count / serviceMs, exactly.
 * Read next: app.ts (who queues here), ../../experiments/metastable.ts (what such a queue can do).
 */
interface Worker {
  /** When its last work ended by the book, on performance.now(). */
  freeAtMs: number;
}

interface Call {
  arrivedAtMs: number;
  done: () => void;
}

export class Workers {
  readonly #serviceMs: number;
  readonly #isUnlimited: boolean;
  readonly #idle: Worker[];
  readonly #waiting: Call[] = [];
  #isStalled = false;
  #resumedAtMs = 0;

  /** `count` may be Infinity: then each call has a worker at once. */
  constructor({ count, serviceMs }: { count: number; serviceMs: number }) {
    this.#serviceMs = serviceMs;
    this.#idle = Array.from({ length: Number.isFinite(count) ? count : 0 }, () => ({ freeAtMs: 0 }));
    this.#isUnlimited = !Number.isFinite(count);
  }

  /** Resolves when a worker has done the work. */
  work(): Promise<void> {
    return new Promise((done) => {
      if (this.#isUnlimited) setTimeout(done, this.#serviceMs);
      else {
        this.#waiting.push({ arrivedAtMs: performance.now(), done });
        this.#assign();
      }
    });
  }

  /** No worker begins anything new until `resume`. */
  stall(): void {
    this.#isStalled = true;
  }

  resume(): void {
    if (!this.#isStalled) return;
    this.#isStalled = false;
    this.#resumedAtMs = performance.now();
    this.#assign();
  }

  #assign(): void {
    while (!this.#isStalled && this.#waiting.length > 0) {
      const worker = this.#idle.pop();
      if (worker === undefined) return;
      const { arrivedAtMs, done } = this.#waiting.shift() as Call;
      // From when the work could begin, not from when this line runs: each timer is late by a part of a millisecond,
      // and added up over a busy second that would be a worker less.
      const endsAtMs = Math.max(arrivedAtMs, worker.freeAtMs, this.#resumedAtMs) + this.#serviceMs;
      setTimeout(() => {
        worker.freeAtMs = endsAtMs;
        this.#idle.push(worker);
        done();
        this.#assign();
      }, endsAtMs - performance.now());
    }
  }
}
