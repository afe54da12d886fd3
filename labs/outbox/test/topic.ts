/** A topic of a test's own: events are put into it past any outbox, and it is read as far as it goes. */
import { until, within } from '@backend-labs/testbed';
import type { Admin } from 'kafkajs';
import type { OrderPlaced } from '../src/contract.ts';
import { createKafka, openPublisher } from '../src/kafka.ts';

export interface Read extends OrderPlaced {
  partition: number;
}

/** Without a Kafka, which has an empty url, there is no topic, and whatever needs one throws. */
export async function openTopic(kafkaUrl: string, topic: string, partitions: number) {
  const kafka = kafkaUrl === '' ? null : createKafka({ url: kafkaUrl, clientId: 'test' });
  if (kafka !== null) {
    await withAdmin((admin) => admin.createTopics({ topics: [{ topic, numPartitions: partitions }] }));
  }
  let readers = 0;

  async function withAdmin<T>(work: (admin: Admin) => Promise<T>): Promise<T> {
    if (kafka === null) throw new Error('this site has no Kafka');
    const admin = kafka.admin();
    await admin.connect();
    try {
      return await work(admin);
    } finally {
      await admin.disconnect();
    }
  }

  /** Where each partition ends. */
  async function ends(): Promise<Map<number, number>> {
    const all = await withAdmin((admin) => admin.fetchTopicOffsets(topic));
    return new Map(all.map(({ partition, high }) => [partition, Number(high)]));
  }

  /** How many records the topic has. */
  const arrived = async () => [...(await ends()).values()].reduce((sum, high) => sum + high, 0);

  /** All of the topic until now: a partition's records in their order. */
  async function readTopic(): Promise<Read[]> {
    const left = new Map([...(await ends())].filter(([, high]) => high > 0));
    const read: (Read & { offset: number })[] = [];
    if (kafka === null || left.size === 0) return read;
    const reader = kafka.consumer({ groupId: `${topic}.reader-${readers++}`, maxWaitTimeInMs: 20 });
    const done = Promise.withResolvers<void>();
    await reader.connect();
    try {
      await reader.subscribe({ topic, fromBeginning: true });
      await reader.run({
        autoCommit: false,
        eachMessage: async ({ partition, message }) => {
          const offset = Number(message.offset);
          read.push({ ...(JSON.parse(String(message.value)) as OrderPlaced), partition, offset });
          if (offset + 1 >= (left.get(partition) ?? 0)) left.delete(partition);
          if (left.size === 0) done.resolve();
        },
      });
      await within('the topic is read to its end', done.promise);
    } finally {
      await reader.disconnect();
    }
    return read.toSorted((a, b) => a.partition - b.partition || a.offset - b.offset);
  }

  return {
    arrived,
    untilArrived: (count: number) =>
      until(`${count} events arrive`, async () => (await arrived().catch(() => 0)) >= count),
    readTopic,
    /** Puts events into the topic, past any outbox. */
    async send(events: readonly OrderPlaced[]) {
      if (kafka === null) throw new Error('this site has no Kafka');
      const publisher = await openPublisher(kafka, topic);
      await publisher.publish(events);
      await publisher.close();
    },
    withAdmin,
  };
}
