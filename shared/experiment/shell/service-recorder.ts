/**
 * Collects what one service's probe tells, and turns it into the service's part of the observation.
 *
 * Invariant: times go in on the monotonic clock and come out as ms after the load's start.
 */
import type { ServiceObservation, Span } from '../observation.ts';
import { readCounterFile } from '../probe/counter-file.ts';
import { COUNTERS, type ProbeMessage } from '../probe/protocol.ts';

export class ServiceRecorder {
  readonly #name: string;
  readonly #destinations: readonly string[];
  readonly #gauges: Record<string, { atMs: number[]; value: number[]; area: number[] }> = {};
  readonly #events: Record<string, number[]> = {};
  readonly #records: ServiceObservation['records'] = {};
  readonly #stalls: { atMs: number; durationMs: number }[] = [];
  #exit: ServiceObservation['exit'] = null;
  #before: Float64Array;

  /** `destinations` are names of services, in the order of the counter file. */
  constructor(name: string, destinations: readonly string[]) {
    this.#name = name;
    this.#destinations = destinations;
    this.#before = new Float64Array(this.#slots);
  }

  get #slots(): number {
    return 1 + COUNTERS.length * this.#destinations.length;
  }

  /** What was counted until now, by the warm-up, is not part of the run. */
  startCountingFrom(counterFile: string): void {
    this.#before = readCounterFile(counterFile, this.#slots);
  }

  record(message: ProbeMessage): void {
    if (message.type === 'samples') {
      for (const [gauge, values] of Object.entries(message.gauges)) {
        this.#gauges[gauge] ??= { atMs: [], value: [], area: [] };
        const kept = this.#gauges[gauge];
        kept.atMs.push(...message.atMs);
        kept.value.push(...values);
        kept.area.push(...(message.areas?.[gauge] ?? values.map(() => Number.NaN)));
      }
    } else if (message.type === 'events') {
      this.#events[message.event] ??= [];
      this.#events[message.event]?.push(...message.atMs);
    } else if (message.type === 'record') {
      this.#records[message.event] ??= [];
      this.#records[message.event]?.push({ atMs: message.atMs, said: message.said });
    } else if (message.type === 'stall') this.#stalls.push({ atMs: message.atMs, durationMs: message.durationMs });
  }

  ended(exit: { code: number | null; signal: string | null; atMonotonicMs: number; lastLines: string[] }): void {
    this.#exit = { code: exit.code, signal: exit.signal, atMs: exit.atMonotonicMs, lastLines: exit.lastLines };
  }

  /** The observation of this service, for a load that started at `startMs` and took `elapsedMs`. */
  observe(startMs: number, elapsedMs: number, counterFile: string, disturbed: Span[]): ServiceObservation {
    const relative = (times: number[]) => times.map((at) => at - startMs);
    const counters = readCounterFile(counterFile, this.#slots).map((count, slot) => count - (this.#before[slot] ?? 0));
    const sent = this.#destinations.map((destination, index) => {
      const slot = (counter: number) => counters[1 + index * COUNTERS.length + counter] ?? 0;
      return [destination, { sent: slot(0), refused: slot(1), cut: slot(2), abandoned: slot(3) }] as const;
    });
    return {
      name: this.#name,
      received: counters[0] ?? 0,
      sent: Object.fromEntries(sent),
      gauges: Object.fromEntries(
        Object.entries(this.#gauges).map(([name, gauge]) => [name, { ...gauge, atMs: relative(gauge.atMs) }]),
      ),
      // What was announced before the load, by the start or the warm-up, is not part of the run.
      events: Object.fromEntries(
        Object.entries(this.#events).map(([name, times]) => [name, relative(times).filter((at) => at >= 0)]),
      ),
      records: Object.fromEntries(
        Object.entries(this.#records).map(([name, records]) => [
          name,
          records.map(({ atMs, said }) => ({ atMs: atMs - startMs, said })).filter(({ atMs }) => atMs >= 0),
        ]),
      ),
      // A service that is still loading its code, or already shutting down, is late without harm.
      stalls: this.#stalls
        .map((stall) => ({ atMs: stall.atMs - startMs, durationMs: stall.durationMs }))
        .filter((stall) => stall.atMs + stall.durationMs > 0 && stall.atMs < elapsedMs),
      exit: this.#exit === null ? null : { ...this.#exit, atMs: this.#exit.atMs - startMs },
      disturbed,
    };
  }
}
