/**
 * Turns: of several that want to go on all the time, one may.
 *
 * Invariant: a turn is over when what was begun in it has ended. Its cost is taken from the first acknowledgement to the
 * last one, so no part of a batch is counted for time in which it was not yet acknowledged.
 * Read next: growth-main.ts (who takes turns).
 */
export class Turns {
  #turn: number | null = null;
  #begun = Promise.withResolvers<void>();
  #working = new Set<Promise<unknown>>();
  readonly #beforeNext: (() => Promise<void>)[] = [];
  #atMs: number[] = [];
  #counts: number[] = [];

  /** Does the work when it is that one's turn, at once if it is. */
  async take(who: number, work: () => Promise<void>): Promise<void> {
    while (this.#turn !== who) await this.#begun.promise;
    const working = work();
    this.#working.add(working);
    try {
      await working;
    } finally {
      this.#working.delete(working);
    }
  }

  /** What else has to end before the next one's turn. */
  beforeNext(hasEnded: () => Promise<void>): void {
    this.#beforeNext.push(hasEnded);
  }

  /** So many have just been acknowledged, in the present turn. */
  acknowledged(count: number): void {
    this.#atMs.push(performance.now());
    this.#counts.push(count);
  }

  /** One turn, until `window` resolves: the microseconds between two events; NaN without two acknowledgements. */
  async give(who: number, window: () => Promise<void>): Promise<number> {
    [this.#atMs, this.#counts] = [[], []];
    this.#turn = who;
    const begun = this.#begun;
    this.#begun = Promise.withResolvers();
    begun.resolve();
    await window();
    this.#turn = null;
    await Promise.allSettled(this.#working);
    for (const hasEnded of this.#beforeNext) await hasEnded();
    const events = this.#counts.slice(1).reduce((sum, count) => sum + count, 0);
    return (((this.#atMs.at(-1) ?? Number.NaN) - (this.#atMs[0] ?? Number.NaN)) * 1000) / events;
  }
}
