/**
 * What stands in every experiment of this lab: load → two tellers → Redis and Postgres, and a referee that only watches.
 *
 *   λ ratePerSecond   TTL ttlMs   think thinkMs   r retryDelayMs (the longest wait between two tries)
 *
 * Requests go to the tellers in turn and to the accounts in groups, so that each account is wanted by both tellers at
 * about the same time. Invariant: all variants get the same processes with the same settings; only the variant's file
 * differs. Read next: holds.ts and updates.ts (the two witnesses), contention.ts (the first experiment).
 */
import type { ServerAccess, ServiceDefinition, UrlOf } from '@backend-labs/experiment';
import type { OperationSpec } from '@backend-labs/load';
import { answerBeforeDisk } from './faults.ts';
import { NODES, TELLERS } from './nodes.ts';

/** Numbers that every experiment sets. */
export type StandParameters = Record<
  | 'ratePerSecond'
  | 'durationMs'
  | 'accounts'
  | 'contenders'
  | 'thinkMs'
  | 'ttlMs'
  | 'retryDelayMs'
  | 'acquireTimeoutMs'
  | 'patienceMs',
  number
> & {
  /** To Postgres, of each teller. */
  connections?: number;
};

/** Few: after a pause all that had queued up wants one at once, and each new one is a new process of Postgres. */
const CONNECTIONS = 40;

function referee({ accounts }: StandParameters): ServiceDefinition {
  return {
    name: 'referee',
    entry: 'src/referee/main.ts',
    environment: (_, servers) => ({
      POSTGRES_URL: servers.urlOf('postgres-1'),
      REDIS_URLS: NODES.map((name) => servers.urlOf(name)).join(),
      KEY_PREFIX: servers.dataName,
      ACCOUNTS: String(accounts),
    }),
  };
}

function teller(
  name: string,
  parameters: StandParameters,
  { variantFile, firstNode }: { variantFile: string; firstNode: string },
): ServiceDefinition {
  return {
    name,
    entry: 'src/teller/main.ts',
    environment: (_, servers: ServerAccess) => ({
      POSTGRES_URL: servers.urlOf('postgres-1'),
      REDIS_URLS: [firstNode, ...NODES.slice(1)].map((node) => servers.urlOf(node)).join(),
      KEY_PREFIX: servers.dataName,
      VARIANT_FILE: variantFile,
      THINK_MS: String(parameters.thinkMs),
      TTL_MS: String(parameters.ttlMs),
      RETRY_DELAY_MS: String(parameters.retryDelayMs),
      ACQUIRE_TIMEOUT_MS: String(parameters.acquireTimeoutMs),
      ACCOUNTS: String(parameters.accounts),
      CONTENDERS: String(parameters.contenders),
      POOL_SIZE: String(parameters.connections ?? CONNECTIONS),
    }),
    watch: { records: ['redis-lock.asked', 'redis-lock.enter', 'redis-lock.leave', 'redis-lock.ended'] },
  };
}

function operation(urlOf: UrlOf): OperationSpec {
  return { kind: 'http', method: 'POST', url: TELLERS.map((name) => `${urlOf(name)}/deposits/{id}`) };
}

/** Operations from here on are the warm-up's and no part of the run. */
const WARM_UP_FROM = 1_000_000_000;
const WARM_UP_AT_ONCE = 8;

/** Some deposits at each teller, at once and on different accounts: code is compiled, connections are open. */
async function warmUp({
  urlOf,
  parameters,
  signal,
}: {
  urlOf: UrlOf;
  parameters: StandParameters;
  signal: AbortSignal;
}): Promise<void> {
  let operation = WARM_UP_FROM;
  const deposit = async (name: string) => {
    operation += parameters.contenders;
    const response = await fetch(`${urlOf(name)}/deposits/${operation}`, { method: 'POST', signal });
    await response.arrayBuffer();
  };
  // No more than there are accounts: whoever would have to wait for another one warms nothing up.
  const atOnce = Math.min(WARM_UP_AT_ONCE, Math.floor(parameters.accounts / TELLERS.length));
  const all = TELLERS.flatMap((name) => Array.from({ length: atOnce }, () => deposit(name)));
  await Promise.all(all);
}

export function isWarmUp(operation: number): boolean {
  return operation >= WARM_UP_FROM;
}

/** The parts of an experiment's definition that all of this lab's have in common. */
export function standOn({ firstNode = 'redis-1' }: { firstNode?: string } = {}) {
  return {
    services: ({ parameters, variantFile }: { parameters: StandParameters; variantFile: string }) => [
      referee(parameters),
      ...TELLERS.map((name) => teller(name, parameters, { variantFile, firstNode })),
    ],
    prepare: answerBeforeDisk,
    operation: ({ urlOf }: { urlOf: UrlOf }) => operation(urlOf),
    warmUp,
    hops: TELLERS.map((to) => ({ from: 'load', to })),
    workload: (parameters: StandParameters) => ({
      arrivals: 'constant' as const,
      ratePerSecond: parameters.ratePerSecond,
      durationMs: parameters.durationMs,
      timeoutMs: parameters.patienceMs,
    }),
    // Each pause is longer than the TTL by more than this, and each hold far shorter than the TTL by as much.
    resolutionMs: () => 100,
  };
}
