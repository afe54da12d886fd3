/** pg-boss, with one job for each event. Its handler gets a batch of them, and it goes on while batches are full. */
import { PgBoss } from 'pg-boss';
import type { OrderPlaced } from '../../src/contract.ts';
import { eventsOf } from '../backlog.ts';
import type { OpenCarrier } from '../carrier.ts';

const QUEUE = 'publish';
const CHUNK = 5000;
/** The shortest that it takes. */
const POLLING_SECONDS = 0.5;

export const openPgBoss: OpenCarrier = async ({ postgresUrl, publish, batchSize }) => {
  // Without its housekeeping, which has nothing to do yet.
  const boss = new PgBoss({ connectionString: postgresUrl, supervise: false, schedule: false });
  boss.on('error', (error) => process.stderr.write(`${String(error)}\n`));
  await boss.start();
  await boss.createQueue(QUEUE);
  return {
    async fill(count) {
      for (let first = 0; first < count; first += CHUNK) {
        const events = eventsOf(first, Math.min(CHUNK, count - first));
        await boss.insert(
          QUEUE,
          events.map((data) => ({ data })),
        );
      }
      await boss.getDb().executeSql('VACUUM ANALYZE');
      await boss.getDb().executeSql('CHECKPOINT');
    },
    async start() {
      const options = { batchSize, burstWhenBatchFull: true, pollingIntervalSeconds: POLLING_SECONDS };
      await boss.work<OrderPlaced>(QUEUE, options, (jobs) => publish(jobs.map(({ data }) => data)));
    },
  };
};
