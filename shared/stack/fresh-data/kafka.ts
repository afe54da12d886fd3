/**
 * Topics and consumer groups of its own on a Kafka: those whose name begins with a name and a dot.
 *
 * Read next: redis.ts, which does the same with keys.
 */
import type { MakeFreshData } from './fresh-data.ts';

const CONNECT_LIMIT_MS = 2000;
const REQUEST_LIMIT_MS = 10_000;

export const freshTopics: MakeFreshData = async (url, name) => ({
  url,
  async [Symbol.asyncDispose]() {
    // Loaded here and not above: who only asks what there is (doctor) should not load every client. By its default: Node
    // does not find the names of its errors.
    const { Kafka, KafkaJSConnectionError, KafkaJSNumberOfRetriesExceeded, logLevel } = (await import('kafkajs'))
      .default;
    const admin = new Kafka({
      clientId: 'stack',
      brokers: [new URL(url).host],
      logLevel: logLevel.NOTHING,
      retry: { retries: 0 },
      connectionTimeout: CONNECT_LIMIT_MS,
      requestTimeout: REQUEST_LIMIT_MS,
    }).admin();
    const isOurs = (one: string) => one.startsWith(`${name}.`);
    try {
      await admin.connect();
      const topics = (await admin.listTopics()).filter(isOurs);
      if (topics.length > 0) await admin.deleteTopics({ topics, timeout: REQUEST_LIMIT_MS });
      const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter(isOurs);
      if (groups.length > 0) await admin.deleteGroups(groups);
    } catch (error) {
      // Nobody is there any more.
      if (!(error instanceof KafkaJSConnectionError || error instanceof KafkaJSNumberOfRetriesExceeded)) throw error;
    } finally {
      await admin.disconnect().catch(() => {});
    }
  },
});
