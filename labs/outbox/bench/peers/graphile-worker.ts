/**
 * graphile-worker, with one job for each event.
 *
 * Batched: jobs are fetched and completed many at a time (its local queue, its completion batches), as many run at once
 * as a batch has events, and the handler of each waits for the batch that its event is in. One by one: it fetches,
 * publishes and completes each job for itself, ten at once, which is its usual size of pool.
 */
import { Logger, makeWorkerUtils, run } from 'graphile-worker';
import type { OrderPlaced } from '../../src/contract.ts';
import { eventsOf } from '../backlog.ts';
import type { OpenCarrier } from '../carrier.ts';
import { inBatches } from '../in-batches.ts';

const TASK = 'publish';
const AT_ONCE = 10;
const POOL = 10;
/** Batches that its local queue holds. */
const FETCHED_BATCHES = 5;
const CHUNK = 5000;

/** It would say on stdout what it does. */
const logger = new Logger(() => (level, message) => {
  if (level === 'error') process.stderr.write(`${message}\n`);
});

const open =
  (isBatched: boolean): OpenCarrier =>
  async ({ postgresUrl, publish, batchSize, pollIntervalMs }) => {
    const preset = {
      worker: {
        connectionString: postgresUrl,
        maxPoolSize: POOL,
        pollInterval: pollIntervalMs,
        ...(isBatched
          ? {
              concurrentJobs: batchSize,
              localQueue: { size: FETCHED_BATCHES * batchSize },
              completeJobBatchDelay: 0,
            }
          : { concurrentJobs: AT_ONCE }),
      },
    };
    const utils = await makeWorkerUtils({ preset, logger });
    await utils.migrate();
    const handle = isBatched ? inBatches(publish, batchSize) : (event: OrderPlaced) => publish([event]);
    return {
      async fill(count) {
        for (let first = 0; first < count; first += CHUNK) {
          const events = eventsOf(first, Math.min(CHUNK, count - first));
          await utils.addJobs(events.map((payload) => ({ identifier: TASK, payload })));
        }
        await utils.withPgClient((client) => client.query('VACUUM ANALYZE'));
        await utils.withPgClient((client) => client.query('CHECKPOINT'));
      },
      async start() {
        const taskList = { [TASK]: (payload: unknown) => handle(payload as OrderPlaced) };
        await run({ preset, logger, taskList, noHandleSignals: true, parsedCronItems: [] });
      },
    };
  };

export const openBatched = open(true);
export const openOneByOne = open(false);
