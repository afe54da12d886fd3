/**
 * How busy the machine is while a bench does nothing.
 *
 * Why it matters for a ratio as well: a closed loop hands a batch over to the server and waits for its answers. With
 * other processes in the queue for a core each hand-over waits for its turn, and the longer a batch takes to be made the
 * longer it waits, and who hands over more often waits more often: a busy machine changes ratios as well.
 */
import { cpus } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';

const LOOK_MS = 200;
/** Of all cores' time that other work may take where something is judged. */
export const MOST_OTHER_WORK = 0.25;

/** Adds up looks of so many ms; the share of all cores' time that was not idle in them. */
export class OtherWork {
  #busyMs = 0;
  #allMs = 0;

  /** NaN before the first look. */
  get share(): number {
    return this.#busyMs / this.#allMs;
  }

  async look(lookMs = LOOK_MS): Promise<void> {
    const before = times();
    await delay(lookMs);
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
