/**
 * A closed loop: so many contenders, each starts its next update when its last one ended.
 *
 * For `bench` only, and labelled so: its latencies are not a user's (why is in @backend-labs/load's closed-loop.ts). Not
 * that one, because here each contender has an account of its own, and how often each got in is asked for.
 * Invariant: a cycle counts only if it ended as `written`. Read next: contend-main.ts, empty-work.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { percentilesOf } from '@backend-labs/load';
import type { Update, UpdateContext } from '../src/contract.ts';
import type { Contexts } from '../src/teller/update-context.ts';

export interface ContendOptions {
  update: Update;
  contexts: Contexts;
  /** Puts something between the variant and its context; see empty-work.ts. */
  through: (context: UpdateContext) => UpdateContext;
  contenders: number;
  durationMs: number;
  /** All want account 0; else each has its own. */
  sameAccount: boolean;
}

/** One round of one variant. */
export interface Measurement {
  contenders: number;
  cyclesPerSecond: number;
  /** Of a cycle, from its start to its end. */
  p99Ms: number;
  /** CPU time of this process, user and system, for each cycle: the client's part. NaN if there was none. */
  cpuUs: number;
  /** How often each contender's update was written. */
  written: number[];
  /** Those that ended in another way while time was left. */
  refused: number;
}

/** After the end, how long contenders may still wait for one another before they are told to give up. */
const TAIL_MS = 250;
const AMOUNT = 1;
/** Nobody thinks: the amount is known. */
const think = async () => AMOUNT;
let operations = 0;

/** Rejects with what an update throws. */
export async function contend(options: ContendOptions): Promise<Measurement> {
  const { update, contexts, through, contenders, durationMs, sameAccount } = options;
  const giveUp = new AbortController();
  const written = Array.from({ length: contenders }, () => 0);
  const cyclesMs: number[] = [];
  let refused = 0;
  const cpuBefore = process.cpuUsage();
  const beganAtMs = performance.now();
  const endsAtMs = beganAtMs + durationMs;

  async function contender(index: number): Promise<void> {
    const account = sameAccount ? 0 : index;
    let startedAtMs = performance.now();
    while (startedAtMs < endsAtMs) {
      operations += 1;
      const context = contexts.contextFor({ operation: operations, account, signal: giveUp.signal });
      const ending = await update(account, think, through(context));
      const endedAtMs = performance.now();
      if (ending === 'written') {
        written[index] = (written[index] as number) + 1;
        cyclesMs.push(endedAtMs - startedAtMs);
      } else if (endedAtMs < endsAtMs) refused += 1;
      startedAtMs = endedAtMs;
    }
  }

  delay(durationMs + TAIL_MS, undefined, { ref: false }).then(() => giveUp.abort());
  await Promise.all(Array.from({ length: contenders }, (_, index) => contender(index)));
  const { user, system } = process.cpuUsage(cpuBefore);
  return {
    contenders,
    cyclesPerSecond: cyclesMs.length / ((performance.now() - beganAtMs) / 1000),
    p99Ms: percentilesOf(cyclesMs).p99,
    cpuUs: (user + system) / cyclesMs.length,
    written,
    refused,
  };
}
