/** What all experiments of these labs have in common: one list, its load, and two questions to it. */
import {
  acknowledgedIds,
  atMost,
  type ExperimentDefinition,
  experiment,
  never,
  reconcileIds,
  type ServiceDefinition,
  type TimelineDefinition,
} from '@backend-labs/experiment';

type Variant = 'hasty' | 'patient' | 'careful';
type Fault = 'slow' | 'pause' | 'pause-bystander';

interface Given {
  question: string;
  durationMs: number;
  timeline: (parameters: { durationMs: number }) => readonly TimelineDefinition<Fault>[];
  claims: ExperimentDefinition<Variant, Fault, Record<string, number>, 'no lost update' | 'thinks alone'>['claims'];
  /** A second service, without load. */
  bystander?: boolean;
}

/** About ten requests in flight, so that one more or less is within Little's law's 5 %. */
export function listExperiment({ question, durationMs, timeline, claims, bystander = false }: Given) {
  const environment = (variantFile: string, parameters: { arriveMs: number; thinkMs: number }) => ({
    VARIANT_FILE: variantFile,
    ARRIVE_MS: String(parameters.arriveMs),
    THINK_MS: String(parameters.thinkMs),
    JOURNAL: process.env.TALLY_JOURNAL ?? '',
    CLOSES: process.env.TALLY_CLOSES ?? 'at once',
  });
  return experiment({
    question,
    parameters: { ratePerSecond: 100, arriveMs: 100, thinkMs: 4, durationMs },
    quick: { durationMs: 600 },
    workload: ({ ratePerSecond, durationMs }) => ({ arrivals: 'poisson', ratePerSecond, durationMs, timeoutMs: 1500 }),
    operation: ({ urlOf }) => ({ kind: 'http', method: 'POST', url: new URL('/add', urlOf('list')).href }),
    services: ({ parameters, variantFile }): ServiceDefinition[] => {
      const entry = '../tally/src/main.ts';
      const list: ServiceDefinition = {
        name: 'list',
        entry,
        environment: () => environment(variantFile, parameters),
        watch: { events: ['tally.thinking', 'tally.thought'] },
      };
      const other = { name: 'bystander', entry, environment: () => environment(variantFile, parameters) };
      return bystander ? [other, list] : [list];
    },
    hops: [{ from: 'load', to: 'list' }],
    timeline,
    resolutionMs: () => 100,
    ledger: async ({ urlOf, load, signal }) => {
      const response = await fetch(new URL('/control/list', urlOf('list')), { signal });
      return reconcileIds(load, (await response.json()) as number[]);
    },
    properties: {
      'no lost update': never({
        description: 'Every acknowledged id is in the list at the end',
        kind: 'guarantee',
        what: 'acknowledged id that is gone',
        chance: 'an acknowledged id',
        find: ({ ledger }) => ledger && { ids: ledger.lost, chances: ledger.acknowledged },
      }),
      'thinks alone': atMost({
        description: 'No two think at the same time',
        kind: 'characteristic',
        unit: 'thinking at once',
        bound: () => 1,
        measure: ({ services }) =>
          mostAtOnce(services.list?.events['tally.thinking'] ?? [], services.list?.events['tally.thought'] ?? []),
      }),
    },
    claims,
    facts: ({ ledger, load }) => ({ acknowledged: acknowledgedIds(load).length, lost: ledger?.lost.length ?? null }),
    plots: [{ series: 'list.http.inFlight', title: 'Requests in flight', unit: 'requests' }],
  });
}

/** From each start and end, and not from a sampled gauge: two that overlap for 1 ms may fall between two samples. */
function mostAtOnce(starts: readonly number[], ends: readonly number[]): number {
  const changes = [...starts.map((at) => ({ at, by: 1 })), ...ends.map((at) => ({ at, by: -1 }))];
  let level = 0;
  let most = 0;
  for (const { by } of changes.sort((a, b) => a.at - b.at || a.by - b.by)) {
    level += by;
    most = Math.max(most, level);
  }
  return most;
}
