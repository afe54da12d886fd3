/**
 * The connection to Kafka: a producer that knows what arrived.
 *
 * Invariant: an event counts as published when the broker has acknowledged it (acks=all) and not before. Retries are
 * few and short: whoever publishes has the event in its outbox and comes again, or loses it and shall say so soon.
 * Read next: relay/app.ts and shop/app.ts (who publishes), consumer/app.ts (who reads).
 */
import { channel } from 'node:diagnostics_channel';
import kafkajs, { Kafka, logLevel, Partitioners } from 'kafkajs';
import type { OrderPlaced } from './contract.ts';

/** Node does not find the names of its errors. */
const { KafkaJSProtocolError } = kafkajs;

/** Announced around each send. Nobody listens unless a harness is there. */
const publishing = channel('outbox.publishing');
const published = channel('outbox.published');

const CONNECT_LIMIT_MS = 1000;
const REQUEST_LIMIT_MS = 2000;

/** `url` as the stack gives it: kafka://host:port. */
export function createKafka({ url, clientId }: { url: string; clientId: string }): Kafka {
  return new Kafka({
    clientId,
    brokers: [new URL(url).host],
    logLevel: logLevel.NOTHING,
    connectionTimeout: CONNECT_LIMIT_MS,
    requestTimeout: REQUEST_LIMIT_MS,
    retry: { retries: 2, initialRetryTime: 50, maxRetryTime: 200 },
  });
}

export interface Publisher {
  publish(events: readonly OrderPlaced[]): Promise<void>;
  close(): Promise<void>;
}

/** What the harness gets to know of events: their ids, in a word. */
export const idsOf = (events: readonly OrderPlaced[]) => ({ ids: events.map(({ id }) => id).join(' ') });

/** Connects. Rejects if Kafka is not there. */
export async function openPublisher(kafka: Kafka, topic: string): Promise<Publisher> {
  const producer = kafka.producer({
    allowAutoTopicCreation: false,
    createPartitioner: Partitioners.DefaultPartitioner,
    // With more, a batch that is sent again could come after the one that was sent after it.
    maxInFlightRequests: 1,
  });
  await producer.connect();
  return {
    async publish(events) {
      if (events.length === 0) return;
      publishing.publish(idsOf(events));
      await producer.send({
        topic,
        acks: -1,
        messages: events.map((event) => ({ key: String(event.customer), value: JSON.stringify(event) })),
      });
      published.publish(idsOf(events));
    },
    close: () => producer.disconnect(),
  };
}

/** What the broker refuses for what it is: it will refuse it again. */
const REFUSED = new Set(['MESSAGE_TOO_LARGE', 'INVALID_MESSAGE', 'CORRUPT_MESSAGE', 'RECORD_LIST_TOO_LARGE']);

/** An event that Kafka refuses for what it is. Anything else may be over in a moment. */
export function isPoison(error: unknown): boolean {
  if (error instanceof KafkaJSProtocolError) return REFUSED.has(error.type);
  return error instanceof Error && error.cause !== undefined && isPoison(error.cause);
}
