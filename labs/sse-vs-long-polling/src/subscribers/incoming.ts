/**
 * What comes in by callbacks, to be read with `for await`.
 *
 *   flowing → paused (HIGH_MARK values wait) → flowing (all were read)
 *   → ended (by the other side: what waits can still be read) | stopped (by this side: nothing can)
 *
 * Invariant: values keep their order, and a reader who does not read stops the source. An async generator over the
 * socket's own iterator would say the same in fewer lines; it costs several promises for each value.
 * Read next: event-stream.ts, web-socket.ts (the sources).
 */
import type { Lifetime } from './lifetime.ts';

/** How many values may wait. More than a burst has, far less than what memory would notice. */
const HIGH_MARK = 256;

export interface Source {
  pause(): void;
  resume(): void;
  /** Called once at the most, when nobody will read on. */
  destroy(): void;
}

export class Incoming<T> implements AsyncIterator<T, undefined> {
  readonly #source: Source;
  readonly #forget: () => void;
  #waiting: T[] = [];
  #reader: PromiseWithResolvers<IteratorResult<T, undefined>> | null = null;
  #end: { error: Error | null } | null = null;
  #isPaused = false;

  constructor(source: Source, lifetime: Lifetime) {
    this.#source = source;
    this.#forget = lifetime.onEnd((reason) => this.stop(reason as Error));
  }

  /** Another value is here. */
  push(value: T): void {
    if (this.#end !== null) return;
    if (this.#reader !== null) {
      this.#reader.resolve({ done: false, value });
      this.#reader = null;
      return;
    }
    this.#waiting.push(value);
    if (this.#waiting.length < HIGH_MARK || this.#isPaused) return;
    this.#isPaused = true;
    this.#source.pause();
  }

  /** The other side has ended it; with an error, if that is not how it should end. The first word counts. */
  end(error: Error | null): void {
    if (this.#end !== null) return;
    this.#end = { error };
    this.#forget();
    if (error === null) this.#reader?.resolve({ done: true, value: undefined });
    else this.#reader?.reject(error);
    this.#reader = null;
  }

  /** Ends it from this side. */
  stop(error: Error | null): void {
    this.#waiting = [];
    if (this.#end !== null) return;
    this.end(error);
    this.#source.destroy();
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const value = this.#waiting.shift();
    if (value !== undefined) {
      if (this.#isPaused && this.#waiting.length === 0) {
        this.#isPaused = false;
        this.#source.resume();
      }
      return Promise.resolve({ done: false, value });
    }
    if (this.#end !== null) {
      const { error } = this.#end;
      // Thrown once; whoever asks again is at the end.
      this.#end.error = null;
      return error === null ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
    }
    this.#reader ??= Promise.withResolvers();
    return this.#reader.promise;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.stop(null);
    return Promise.resolve({ done: true, value: undefined });
  }
}
