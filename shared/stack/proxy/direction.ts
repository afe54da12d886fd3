/**
 * One direction of a connection through the proxy: bytes from one socket to another, passed on as the state says.
 *
 * Invariant: none is lost, doubled or passed on before an earlier one. Read next: tcp-proxy.ts.
 */
import type { Socket } from 'node:net';

/** How bytes pass, while the connection lives. */
export type Passing = { kind: 'open' } | { kind: 'delayed'; delayMs: number } | { kind: 'dropped' };

export class Direction {
  readonly #from: Socket;
  readonly #to: Socket;
  /** What came and was not passed on yet, and when it may be. A null chunk is the end of this direction. */
  readonly #held: { chunk: Buffer | null; dueAtMs: number }[] = [];
  #state: Passing = { kind: 'open' };
  #timer: NodeJS.Timeout | undefined;

  constructor(from: Socket, to: Socket) {
    this.#from = from;
    this.#to = to;
    from.on('data', (chunk: Buffer) => this.#take(chunk));
    from.on('end', () => this.#take(null));
    to.on('drain', () => this.#pass());
  }

  become(state: Passing): void {
    this.#state = state;
    // A dropped direction reads nothing: the sender's own buffers fill up, as they would.
    if (state.kind === 'dropped') this.#from.pause();
    else this.#from.resume();
    this.#pass();
  }

  end(): void {
    clearTimeout(this.#timer);
    this.#held.length = 0;
  }

  #take(chunk: Buffer | null): void {
    const delayMs = this.#state.kind === 'delayed' ? this.#state.delayMs : 0;
    this.#held.push({ chunk, dueAtMs: performance.now() + delayMs });
    this.#pass();
  }

  /** Passes on what is due. Never a later chunk before an earlier one, also when the delay was shortened meanwhile. */
  #pass(): void {
    clearTimeout(this.#timer);
    if (this.#state.kind === 'dropped') return;
    const isDelayed = this.#state.kind === 'delayed';
    for (let next = this.#held[0]; next !== undefined; next = this.#held[0]) {
      const waitMs = isDelayed ? next.dueAtMs - performance.now() : 0;
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#pass(), Math.ceil(waitMs));
        return;
      }
      if (this.#to.writableNeedDrain) {
        this.#from.pause();
        return;
      }
      this.#held.shift();
      if (next.chunk === null) this.#to.end();
      else this.#to.write(next.chunk);
    }
    this.#from.resume();
  }
}
