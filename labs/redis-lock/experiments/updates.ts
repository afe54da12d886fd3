/**
 * The second witness: what the database accepted, in which order, against the grants that Redis saw.
 *
 * The history is kept by a trigger and the grants are read from MONITOR, so neither comes from a lock's client. It says
 * what really was written and lost, not what anybody believed.
 * Invariant: pure. Read next: holds.ts (the first witness), ../src/referee/ (where the records come from).
 */
import {
  acknowledgedIds,
  type LedgerObservation,
  type Observation,
  reconcileIds,
  type WitnessContext,
  type WitnessRecord,
} from '@backend-labs/experiment';
import type { LoadReport } from '@backend-labs/load';
import type { CommandsAnswer, HistoryRow } from '../src/referee/app.ts';
import { grantsOf } from '../src/referee/grants.ts';
import { TELLERS } from './nodes.ts';
import { isWarmUp } from './stand.ts';

/** One accepted write, as the trigger kept it. `atMs` after the load's start. */
export interface Write {
  seq: number;
  account: number;
  operation: number;
  before: number;
  after: number;
  atMs: number;
}

/** A lock that one node of Redis gave away. */
export interface Grant {
  node: number;
  account: number;
  operation: number;
  fromMs: number;
  untilMs: number;
}

export function writesOf(witnesses: Record<string, readonly WitnessRecord[]>): Write[] {
  return (witnesses.history ?? []) as unknown as Write[];
}

async function askReferee<T>({ urlOf, signal }: Pick<WitnessContext<unknown>, 'urlOf' | 'signal'>, path: string) {
  const response = await fetch(new URL(path, urlOf('referee')), { signal });
  if (!response.ok) throw new Error(`the referee answered ${response.status} to ${path}: ${await response.text()}`);
  return (await response.json()) as T;
}

/** The parts of an experiment that ask the referee; what it says becomes ms after the load's start. */
export const witnessed = {
  async witnesses(context: WitnessContext<unknown>): Promise<Record<string, readonly WitnessRecord[]>> {
    const { sinceStartMs } = context;
    const history = await askReferee<HistoryRow[]>(context, '/control/history');
    const { commands, gaps, overflowed } = await askReferee<CommandsAnswer>(context, '/control/commands');
    if (overflowed) throw new Error('the referee saw more commands than it keeps: the grants are not complete');
    const grants = grantsOf(commands, gaps).flatMap(({ key, token, node, fromMs, untilMs }) => {
      const account = /:lock:(\d+)$/.exec(key)?.[1];
      const operation = Number.parseInt(token, 10);
      if (account === undefined || Number.isNaN(operation)) return [];
      const times = { fromMs: sinceStartMs(fromMs), untilMs: sinceStartMs(untilMs) };
      return [{ node, account: Number(account), operation, ...times } satisfies Grant];
    });
    return { history: history.map((row) => ({ ...row, atMs: sinceStartMs(row.atMs) })), grants };
  },
  ledger: async ({ load, witnesses }: { load: LoadReport; witnesses: Record<string, readonly WitnessRecord[]> }) =>
    reconcile(load, writesOf(witnesses)),
};

/**
 * Which updates were overwritten by somebody who had not seen them. Each update adds 1, so a write that leaves the
 * balance at n stands on n − 1 others; whatever stood above those is lost.
 */
export function overwritten(writes: readonly Write[]): { lost: Write; by: Write }[] {
  const standing = new Map<number, Write[]>();
  return writes.flatMap((write) => {
    const stack = standing.get(write.account) ?? [];
    standing.set(write.account, stack);
    const above = stack.splice(Math.max(0, write.after - 1));
    stack.push(write);
    return above.map((lost) => ({ lost, by: write }));
  });
}

/** Acknowledged updates against those that still stand in the balance at the end. */
export function reconcile(load: LoadReport, writes: readonly Write[]): LedgerObservation {
  const gone = new Set(overwritten(writes).map(({ lost }) => lost.seq));
  const ofRun = writes.filter(({ operation }) => !isWarmUp(operation));
  const happened = reconcileIds(
    load,
    ofRun.map(({ operation }) => operation),
  );
  const standing = new Set(ofRun.filter(({ seq }) => !gone.has(seq)).map(({ operation }) => operation));
  return {
    ...happened,
    lost: acknowledgedIds(load)
      .filter((id) => !standing.has(id))
      .map(String),
  };
}

/**
 * Accepted writes of an operation whose lock the server had given to another one by then. Who asks several nodes has
 * lost it when fewer than a quorum of its own grants are the newest of their nodes.
 */
export function staleWrites(observation: Observation<unknown>): Write[] {
  const grants = (observation.witnesses.grants ?? []) as unknown as Grant[];
  const byAccount = Map.groupBy(grants, ({ account }) => account);
  return writesOf(observation.witnesses).filter(({ account, operation, atMs }) => {
    const earlier = (byAccount.get(account) ?? []).filter(({ fromMs }) => fromMs < atMs - CLOCK_MS);
    const own = earlier.filter((grant) => grant.operation === operation);
    // Who locks elsewhere, or under a name of its own, leaves nothing to compare with.
    if (own.length === 0 || isWarmUp(operation)) return false;
    const newest = own.filter(
      ({ node, fromMs }) => !earlier.some((other) => other.node === node && other.fromMs > fromMs),
    );
    const isOnSeveral = new Set(own.map(({ node }) => node)).size > 1;
    return newest.length < (isOnSeveral ? QUORUM : 1);
  });
}

/** Who asks several nodes holds when three of the five say so. */
const QUORUM = 3;
/** Redis and Postgres read the same wall clock, to a millisecond. */
const CLOCK_MS = 2;

/** Which operations ended how, as their teller said. */
export function endingsOf(
  observation: Observation<unknown>,
): { operation: number; account: number; ending: string; atMs: number }[] {
  return TELLERS.flatMap((teller) =>
    (observation.services[teller]?.records['redis-lock.ended'] ?? []).map(({ atMs, said }) => ({
      operation: Number(said.operation),
      account: Number(said.account),
      ending: String(said.ending),
      atMs,
    })),
  );
}
