/**
 * The table of contents of this lab. Question, variants, workload, claims: change them to yours.
 *
 * Read next: src/contract.ts, src/variants/, then src/service/app.ts.
 */
import { defineLab, experiment, never, reconcileIds } from '@backend-labs/experiment';

const contention = experiment({
  question: 'Many requests change one list at the same time. Is every acknowledged change still there at the end?',
  parameters: { ratePerSecond: 150, arriveMs: 40, thinkMs: 4, durationMs: 5000 },
  quick: { durationMs: 2000 },
  workload: ({ ratePerSecond, durationMs }) => ({ arrivals: 'poisson', ratePerSecond, durationMs, timeoutMs: 2000 }),
  operation: ({ urlOf }) => ({ kind: 'http', method: 'POST', url: new URL('/add', urlOf('list')).href }),
  services: ({ parameters, variantFile }) => [
    {
      name: 'list',
      entry: 'src/service/main.ts',
      environment: () => ({
        VARIANT_FILE: variantFile,
        ARRIVE_MS: String(parameters.arriveMs),
        THINK_MS: String(parameters.thinkMs),
      }),
    },
  ],
  hops: [{ from: 'load', to: 'list' }],
  timeline: () => [],
  resolutionMs: () => 100,
  // Who acknowledged is not who is asked: the ids come from the list itself, after the load.
  ledger: async ({ urlOf, load, signal }) => {
    const response = await fetch(new URL('/control/list', urlOf('list')), { signal });
    return reconcileIds(load, (await response.json()) as number[]);
  },
  properties: {
    'no lost update': never({
      description: 'Every acknowledged change is in the list at the end',
      kind: 'guarantee',
      what: 'acknowledged change that is gone',
      chance: 'an acknowledged change',
      find: ({ ledger }) => ledger && { ids: ledger.lost, chances: ledger.acknowledged },
    }),
  },
  claims: [
    {
      id: 'one-at-a-time-loses-nothing',
      statement: 'Changes that wait for their turn are never lost.',
      property: 'no lost update',
      variant: 'one-at-a-time',
      control: 'read-modify-write',
    },
  ],
  facts: ({ ledger }) => ({
    acknowledged: ledger?.acknowledged ?? null,
    'lost updates': ledger?.lost.length ?? null,
  }),
  plots: [{ series: 'list.http.inFlight', title: 'Requests in flight', unit: 'requests' }],
});

export default defineLab({
  name: 'LAB_NAME',
  question: 'Is reading, thinking and writing back safe when many do it at once?',
  needs: {},
  variants: {
    'read-modify-write': { file: 'src/variants/read-modify-write.ts', summary: 'read, think, write back' },
    'one-at-a-time': { file: 'src/variants/one-at-a-time.ts', summary: 'the same, each in its turn' },
  },
  faults: {},
  experiments: { contention },
  headlineClaim: 'one-at-a-time-loses-nothing',
});
