/**
 * Updates by any variant on real servers, as a teller asks for them but without HTTP, so that a test can stand in the
 * middle of one: in its thinking, or between what it asks and what it writes.
 */
import { setImmediate } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import type { Ending, Think, Update, UpdateContext } from '../src/contract.ts';
import { ensureSchema } from '../src/schema.ts';
import { openContexts } from '../src/teller/update-context.ts';
import type { Servers } from './servers.ts';

/**
 * So long that no stall of a busy machine reaches it: nothing expires and nobody gives up. The TTL is the longer one: a
 * lock that was left behind makes the next update fail.
 */
const PATIENT: UpdateContext['settings'] = { ttlMs: 20_000, retryDelayMs: 20, acquireTimeoutMs: 10_000 };
const ACCOUNTS = 200;

export interface UpdateOptions {
  account: number;
  /** Adds 1 at once by default. */
  think?: Think;
  signal?: AbortSignal;
  /** Puts something between the variant and its context. */
  through?: (context: UpdateContext) => UpdateContext;
}

export interface Bank extends AsyncDisposable {
  update(variant: Update, options: UpdateOptions): Promise<Ending>;
  /** An account with balance 0 that no other test uses. */
  freshAccount(): number;
  /** What an update of this account would get. */
  contextOf(account: number): UpdateContext;
  balanceOf(account: number): Promise<number>;
  /** What the account's lock is on each node that answers; null where there is none. */
  locksOf(account: number): Promise<(string | null)[]>;
  /** The same as the lock of somebody else, on these nodes. */
  holdAs(somebody: string, account: number, nodes?: readonly number[]): Promise<void>;
  nodes: readonly Redis[];
}

let banks = 0;

/** A database and a key prefix of their own on the servers of a test file. */
export async function openBank(servers: Servers, settings: Partial<UpdateContext['settings']> = {}): Promise<Bank> {
  const contexts = await openContexts({
    redisUrls: servers.redisUrls,
    postgresUrl: await servers.freshDatabase(),
    keyPrefix: `bank-${banks++}`,
    settings: { ...PATIENT, ...settings },
  });
  await ensureSchema(contexts.postgres, ACCOUNTS);
  let accounts = 0;
  let operations = 0;
  const nobody = new AbortController().signal;
  const contextOf = (account: number) => contexts.contextFor({ operation: 0, account, signal: nobody });
  const nodes = contextOf(0).redisNodes;
  return {
    nodes,
    contextOf,
    freshAccount: () => accounts++,
    update: (variant, { account, think = async () => 1, signal = nobody, through = (context) => context }) =>
      variant(account, think, through(contexts.contextFor({ operation: ++operations, account, signal }))),
    balanceOf: (account) => contextOf(account).account.read(),
    locksOf: (account) => Promise.all(nodes.map((node) => lockOn(node, contextOf(account).lockKey))),
    async holdAs(somebody, account, which = nodes.keys().toArray()) {
      await Promise.all(which.map((index) => nodes[index]?.set(contextOf(account).lockKey, somebody, 'PX', 60_000)));
    },
    [Symbol.asyncDispose]: () => contexts.close(),
  };
}

/**
 * The lock on one node, after everything that was sent to it before. node-redlock's release resolves with three of five;
 * a node that does not know the script yet says so, and is sent the whole script only then: behind a GET of now.
 */
export async function lockOn(node: Redis, lockKey: string): Promise<string | null> {
  await node.ping();
  await setImmediate();
  return node.get(lockKey);
}

/** A think that stops in the middle until it is told to go on. */
export function heldThink(amount = 1) {
  const begun = Promise.withResolvers<void>();
  const goOn = Promise.withResolvers<void>();
  const think: Think = async () => {
    begun.resolve();
    await goOn.promise;
    return amount;
  };
  return { think, begun: begun.promise, goOn: () => goOn.resolve() };
}
