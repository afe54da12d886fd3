/**
 * How busy the machine is while this bench does nothing.
 *
 * A relay hands a batch to Postgres and to Kafka and waits for both: with other processes in the queue for a core each
 * hand-over waits for its turn, and who hands over more often loses more. So a busy machine changes ratios as well.
 */
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 200;
/** Of all cores' time that other work may take where something is judged. */
export const MOST_OTHER_WORK = 0.25;

/** Adds up looks; the share of all cores' time that was not idle in them. */
export class OtherWork {
  #busyMs = 0;
  #allMs = 0;

  /** NaN before the first look. */
  get share(): number {
    return this.#busyMs / this.#allMs;
  }

  async look(): Promise<void> {
    const before = times();
    await delay(LOOK_MS);
    const after = times();
    this.#allMs += after.allMs - before.allMs;
    this.#busyMs += after.allMs - after.idleMs - (before.allMs - before.idleMs);
  }
}

/** Since the machine was started, over all cores. */
function times(): { allMs: number; idleMs: number } {
  const all = cpus().map((cpu) => cpu.times);
  const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0);
  return {
    allMs: sum(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq),
    idleMs: sum(({ idle }) => idle),
  };
}
