/**
 * What stands in every experiment of this lab: load → gateway(s) → dependency.
 *
 *   λ ratePerSecond   T timeoutMs   W windowMs   p errorThreshold   R resetMs   s serviceMs
 *
 * Invariant: all variants get the same processes with the same settings; only the policy's file differs.
 * Read next: hang.ts (the first experiment), measures.ts (how each is measured).
 */

import { type FaultDefinition, postControl, type ServiceDefinition, warmUpWithGets } from '@backend-labs/experiment';
import type { OperationSpec } from '@backend-labs/load';

/** Numbers that every experiment sets, and those that only some need. */
export type StandParameters = Record<
  'ratePerSecond' | 'serviceMs' | 'timeoutMs' | 'windowMs' | 'errorThreshold' | 'resetMs' | 'durationMs',
  number
> &
  Partial<
    Record<
      | 'workers'
      | 'shards'
      | 'volumeThreshold'
      | 'bulkheadCalls'
      | 'maxRequests'
      // Requests for the unrelated endpoint, besides λ.
      | 'cataloguePerSecond',
      number
    >
  >;

type UrlOf = (service: string) => string;

/** The environment's variables that have a value; the services have defaults for the others. */
function environmentOf(values: Record<string, string | number | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) => (value === undefined ? [] : [[name, String(value)]])),
  );
}

function dependency(parameters: StandParameters): ServiceDefinition {
  const atShards = Array.from({ length: parameters.shards ?? 1 }, (_, n) => `circuit-breaker.call-arrived.shard-${n}`);
  return {
    name: 'dependency',
    entry: 'src/dependency/main.ts',
    environment: () =>
      environmentOf({ SERVICE_MS: parameters.serviceMs, WORKERS: parameters.workers, SHARDS: parameters.shards }),
    watch: {
      gauges: { calls: { up: 'circuit-breaker.call-arrived', down: 'circuit-breaker.call-ended' } },
      events: ['circuit-breaker.call-arrived', ...atShards],
    },
  };
}

function gateway(name: string, parameters: StandParameters, policyFile: string): ServiceDefinition {
  return {
    name,
    entry: 'src/gateway/main.ts',
    environment: (urlOf) =>
      environmentOf({
        DEPENDENCY_URL: urlOf('dependency'),
        POLICY_FILE: policyFile,
        TIMEOUT_MS: parameters.timeoutMs,
        WINDOW_MS: parameters.windowMs,
        ERROR_THRESHOLD_PERCENT: 100 * parameters.errorThreshold,
        RESET_MS: parameters.resetMs,
        VOLUME_THRESHOLD: parameters.volumeThreshold,
        SHARDS: parameters.shards,
        BULKHEAD_CALLS: parameters.bulkheadCalls,
        MAX_REQUESTS: parameters.maxRequests,
      }),
  };
}

/** Quotes by item, the operation's id; with `cataloguePerSecond`, evenly mixed with the unrelated endpoint. */
function operation(gateways: readonly string[], parameters: StandParameters, urlOf: UrlOf): OperationSpec {
  const quotes = gateways.map((name) => `${urlOf(name)}/quotes/{id}`);
  const [entry] = gateways;
  const turn = quotesInTurn(parameters);
  if (turn === null || entry === undefined) return { kind: 'http', url: quotes };
  return { kind: 'http', url: [...Array(turn).fill(quotes[0]), `${urlOf(entry)}/catalogue`] };
}

/** How many quotes are asked for before each request for the catalogue; null if it is not asked for. */
export function quotesInTurn({ ratePerSecond, cataloguePerSecond }: StandParameters): number | null {
  return cataloguePerSecond === undefined ? null : Math.round(ratePerSecond / cataloguePerSecond);
}

/** The parts of an experiment's definition that all of this lab's have in common. */
export function standOf(gateways: readonly string[]) {
  return {
    services: ({ parameters, variantFile }: { parameters: StandParameters; variantFile: string }) => [
      dependency(parameters),
      ...gateways.map((name) => gateway(name, parameters, variantFile)),
    ],
    operation: ({ urlOf, parameters }: { urlOf: UrlOf; parameters: StandParameters }) =>
      operation(gateways, parameters, urlOf),
    warmUp: async ({ urlOf, signal }: { urlOf: UrlOf; signal: AbortSignal }) => {
      for (const name of gateways) await warmUpWithGets(new URL('/quotes/0', urlOf(name)), signal);
    },
    hops: [...gateways.map((to) => ({ from: 'load', to })), ...gateways.map((from) => ({ from, to: 'dependency' }))],
  };
}

/** One gateway before the dependency. */
export const stand = standOf(['gateway']);

/** Arrivals at a constant rate for `durationMs`. The callers are patient: it is the gateway's policy that is judged. */
export function workloadOf(parameters: StandParameters, patienceMs: number) {
  const { ratePerSecond, cataloguePerSecond = 0, durationMs } = parameters;
  return {
    arrivals: 'constant' as const,
    ratePerSecond: ratePerSecond + cataloguePerSecond,
    durationMs,
    timeoutMs: patienceMs,
  };
}

/** A fault that tells the dependency what is wrong with it from now on, and later what is not. */
export function condition(
  wrong: (parameters: Readonly<Record<string, number>>) => Record<string, unknown>,
  right: Record<string, unknown>,
): FaultDefinition {
  return {
    inject: (context) => postControl(context, 'dependency', '/control', wrong(context.parameters)),
    heal: (context) => postControl(context, 'dependency', '/control', right),
  };
}
