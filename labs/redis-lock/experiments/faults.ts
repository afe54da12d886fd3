/**
 * What goes wrong in this lab: with the teller that holds, and with the Redis servers.
 *
 * Invariant: each function resolves when the effect was observed. A server that a fault took hold of is replaced before
 * the next variant's run, so healing need not undo what only this run sees.
 */
import { setTimeout as delay } from 'node:timers/promises';
import {
  type FaultContext,
  type FaultDefinition,
  killService,
  pauseService,
  postControl,
} from '@backend-labs/experiment';
import { NODES, VICTIM } from './nodes.ts';

const POLL_MS = 20;

/** One command to one Redis, on a connection of its own. The client is loaded here, so that lab.ts can be listed without it. */
async function tell(url: string, command: string, ...words: (string | number)[]): Promise<unknown> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, { lazyConnect: true, maxRetriesPerRequest: 0, commandTimeout: 2000 });
  client.on('error', () => {});
  try {
    await client.connect();
    return await client.call(command, ...words);
  } finally {
    client.disconnect();
  }
}

/** The locks of this run that a node knows. */
async function locksOn(url: string, dataName: string): Promise<Set<string>> {
  return new Set((await tell(url, 'KEYS', `${dataName}:lock:*`)) as string[]);
}

/** The victim's event loop is busy for `blockMs`: a long computation, a huge JSON, a slow regular expression. */
const blockEventLoop: FaultDefinition = {
  touches: [VICTIM],
  inject: (context) => postControl(context, VICTIM, '/control/block', { blockMs: context.parameters.blockMs }),
  // It answers again when the block is over.
  async heal({ urlOf, signal }) {
    const response = await fetch(new URL('/health/live', urlOf(VICTIM)), { signal });
    await response.arrayBuffer();
  },
};

/** Nodes are killed, and started again on the data they had. */
function nodesDown(names: readonly string[]): FaultDefinition {
  return {
    inject: (context) => forEach(names, (name) => context.server(name).kill()),
    heal: (context) => forEach(names, (name) => context.server(name).start()),
  };
}

/** Nodes take what is sent and do nothing about it, until they go on. */
function nodesStopped(names: readonly string[]): FaultDefinition {
  return {
    inject: (context) => forEach(names, (name) => context.server(name).pause()),
    heal: (context) => forEach(names, (name) => context.server(name).resume()),
  };
}

async function forEach(names: readonly string[], change: (name: string) => Promise<unknown>): Promise<void> {
  await Promise.all(names.map(change));
}

/** The locks of this run that a node knows, each with its holder's token. */
async function grantsOn(url: string, dataName: string): Promise<Set<string>> {
  const keys = [...(await locksOn(url, dataName))];
  const tokens = keys.length === 0 ? [] : ((await tell(url, 'MGET', ...keys)) as (string | null)[]);
  return new Set(keys.flatMap((key, index) => (typeof tokens[index] === 'string' ? [`${key} ${tokens[index]}`] : [])));
}

/** A node loses what it had in memory, because nothing of it was on its disk (see node-restarts-empty.ts). */
const restartEmpty: FaultDefinition = {
  async inject(context) {
    const node = context.server('redis-1');
    const before = await grantsOn(node.url, context.servers.dataName);
    await node.kill();
    await node.start();
    // New ones may be there at once: somebody always asks.
    const kept = before.intersection(await grantsOn(node.url, context.servers.dataName));
    if (kept.size > 0) throw new Error(`redis-1 came back with ${kept.size} of its locks, and should have none`);
  },
  heal: async () => {},
};

/** The primary's writes no longer reach its replica. */
const cutReplication: FaultDefinition = {
  inject: async (context) => void (await context.proxy('replication').cut()),
  // Not healed into: by then the replica is a primary of its own.
  heal: async () => {},
};

/** The primary dies, its replica takes over, and clients find it under the address they know. */
const failover: FaultDefinition = {
  async inject(context) {
    const [primary, replica] = [context.server('redis-1'), context.server('redis-2')];
    const { dataName } = context.servers;
    const granted = await locksOn(primary.url, dataName);
    const known = await locksOn(replica.url, dataName);
    // Without this the experiment could pass for another reason: a stopped replica, for one, reads what is in its
    // socket's buffer as soon as it goes on. Who locks elsewhere has nothing here.
    if (granted.size > 0 && granted.isSubsetOf(known)) {
      throw new Error(`the replica knows all ${granted.size} locks of the primary: nothing would be lost`);
    }
    await primary.kill();
    await tell(replica.url, 'REPLICAOF', 'NO', 'ONE');
    await context.proxy('primary').retarget(replica);
  },
  heal: async () => {},
};

/** The node's wall clock jumps forward by `jumpMs`, as when somebody sets it or NTP steps it. */
const clockJump: FaultDefinition = {
  inject: async (context) => void (await context.server('redis-1').setClockOffset(context.parameters.jumpMs ?? 0)),
  heal: async (context) => void (await context.server('redis-1').setClockOffset(0)),
};

/** Makes redis-2 a replica of redis-1, through the proxy that can be cut; resolves when it is in step. */
export async function replicate(context: Pick<FaultContext, 'servers' | 'server' | 'signal'>): Promise<void> {
  await answerBeforeDisk(context);
  const { servers, server, signal } = context;
  // Both are replaced afterwards.
  const [, replica] = [server('redis-1'), server('redis-2')];
  const link = new URL(servers.urlOf('replication'));
  await tell(replica.url, 'REPLICAOF', link.hostname, link.port);
  while (!String(await tell(replica.url, 'INFO', 'replication')).includes('master_link_status:up')) {
    await delay(POLL_MS, undefined, { signal });
  }
}

/**
 * Redis answers before the disk has the write, as it does by default. It makes no difference to a process that is
 * killed: the system has the write. With a wait for the disk, five nodes on one disk would wait for each other.
 */
export async function answerBeforeDisk({ servers }: Pick<FaultContext, 'servers'>): Promise<void> {
  await forEach(NODES, (name) => tell(servers.urlOf(name), 'CONFIG', 'SET', 'appendfsync', 'no'));
}

/** What redis-1 is told from now on stays in its memory only. */
export async function keepNothingOnDisk(context: Pick<FaultContext, 'servers' | 'server'>): Promise<void> {
  await answerBeforeDisk(context);
  await tell(context.server('redis-1').url, 'CONFIG', 'SET', 'appendonly', 'no');
}

export const faults = {
  pauseHolder: pauseService(VICTIM),
  killHolder: killService(VICTIM),
  blockEventLoop,
  minorityDown: nodesDown(['redis-1', 'redis-2']),
  majorityDown: nodesDown(['redis-3', 'redis-4', 'redis-5']),
  // The two that A could not ask, when it took its three.
  twoAway: nodesDown(['redis-4', 'redis-5']),
  restartEmpty,
  majorityStopped: nodesStopped(['redis-3', 'redis-4', 'redis-5']),
  cutReplication,
  failover,
  clockJump,
} as const;
