/**
 * Counts what Kafka has acknowledged, as src/kafka.ts announces it.
 *
 * Invariant: a rate is taken from one acknowledgement to another one, so that no part of a batch is counted for time in
 * which it was not yet acknowledged. Read next: relay-main.ts.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

const PUBLISHED = 'outbox.published';

export class Acknowledged implements Disposable {
  /** At each acknowledgement the time, and how many events have been acknowledged by then. */
  readonly #atMs: number[] = [];
  readonly #counts: number[] = [];
  readonly #onBatch: (events: number) => void;
  readonly #listener = (message: unknown) => {
    const events = (message as { ids: string }).ids.split(' ').length;
    this.#atMs.push(performance.now());
    this.#counts.push(this.count + events);
    this.#onBatch(events);
  };

  constructor(onBatch: (events: number) => void) {
    this.#onBatch = onBatch;
    subscribe(PUBLISHED, this.#listener);
  }

  get count(): number {
    return this.#counts.at(-1) ?? 0;
  }

  /** Events per second between the first and the last acknowledgement of that time. NaN if there were not two. */
  rateBetween(fromMs: number, toMs: number): number {
    const first = this.#atMs.findIndex((at) => at >= fromMs);
    const last = this.#atMs.findLastIndex((at) => at <= toMs);
    if (first < 0 || last <= first) return Number.NaN;
    const events = (this.#counts[last] as number) - (this.#counts[first] as number);
    return events / (((this.#atMs[last] as number) - (this.#atMs[first] as number)) / 1000);
  }

  [Symbol.dispose](): void {
    unsubscribe(PUBLISHED, this.#listener);
  }
}
