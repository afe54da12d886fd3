/**
 * Topics and consumer groups of its own on a Kafka: those whose name begins with a name and a dot.
 *
 * Read next: redis.ts, which does the same with keys.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Admin } from 'kafkajs';
import type { MakeFreshData } from './fresh-data.ts';

const CONNECT_LIMIT_MS = 2000;
const REQUEST_LIMIT_MS = 10_000;
const GROUPS_LIMIT_MS = 10_000;
const AGAIN_AFTER_MS = 50;

export const freshTopics: MakeFreshData = async (url, name) => ({
  url,
  async [Symbol.asyncDispose]() {
    // Loaded here and not above: who only asks what there is (doctor) should not load every client. By its default: Node
    // does not find the names of its errors.
    const { Kafka, KafkaJSConnectionError, KafkaJSDeleteGroupsError, KafkaJSNumberOfRetriesExceeded, logLevel } = (
      await import('kafkajs')
    ).default;
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
      await deleteGroups(admin, isOurs, (error) => error instanceof KafkaJSDeleteGroupsError);
    } catch (error) {
      // Nobody is there any more.
      if (!(error instanceof KafkaJSConnectionError || error instanceof KafkaJSNumberOfRetriesExceeded)) throw error;
    } finally {
      await admin.disconnect().catch(() => {});
    }
  },
});

/** Asks again while it is refused: a member may still be on its way out, or the group's coordinator be loading. */
async function deleteGroups(
  admin: Admin,
  isOurs: (groupId: string) => boolean,
  isRefusal: (error: unknown) => boolean,
): Promise<void> {
  const deadlineMs = performance.now() + GROUPS_LIMIT_MS;
  for (;;) {
    const groups = (await admin.listGroups()).groups.map(({ groupId }) => groupId).filter(isOurs);
    if (groups.length === 0) return;
    try {
      await admin.deleteGroups(groups);
    } catch (error) {
      if (!isRefusal(error) || performance.now() > deadlineMs) throw error;
      await sleep(AGAIN_AFTER_MS);
    }
  }
}
