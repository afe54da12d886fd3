/**
 * What stands in every experiment of this lab: load → shop → Postgres → relay → Kafka → consumer → Postgres.
 *
 *   λ ratePerSecond   B batchSize   p pollIntervalMs   one order in slowEvery takes slowMs longer to commit
 *
 * Orders go to the customers in turn. Invariant: all variants get the same processes with the same settings, a relay
 * too where nothing uses it; only the variant's file differs.
 * Read next: sets.ts (what was committed, published, applied), late-commit.ts (the first experiment).
 */
import type { PrepareContext, ServerAccess, ServiceDefinition, UrlOf, WitnessRecord } from '@backend-labs/experiment';
import type { OperationSpec } from '@backend-labs/load';
import { reconcile } from './ledger.ts';
import { CONSUMER, OBSERVER, relayNames, SHOP, topicOf, WARM_UP_FROM } from './names.ts';
import { setsOf, witnesses } from './sets.ts';

/** Numbers that every experiment sets. */
export type StandParameters = Record<
  | 'ratePerSecond'
  | 'durationMs'
  | 'patienceMs'
  | 'customers'
  | 'partitions'
  | 'batchSize'
  | 'pollIntervalMs'
  | 'slowEvery'
  | 'slowMs'
  | 'relays',
  number
> & {
  /** Of the shop to Postgres. */
  connections?: number;
};

/** What an experiment has unless it says otherwise. */
export const usual = {
  ratePerSecond: 100,
  durationMs: 5000,
  patienceMs: 2000,
  customers: 100,
  partitions: 2,
  batchSize: 50,
  pollIntervalMs: 20,
  slowEvery: 0,
  slowMs: 0,
  relays: 1,
};

const CONNECTIONS = 20;
const ORDER = JSON.stringify({ items: [{ sku: 'tea', quantity: 1 }] });

function servers(access: ServerAccess, postgres = 'postgres-1'): Record<string, string> {
  return {
    POSTGRES_URL: access.urlOf(postgres),
    KAFKA_URL: access.urlOf('kafka-1'),
    TOPIC: topicOf(access),
  };
}

function consumer(variantFile: string): ServiceDefinition {
  return {
    name: CONSUMER,
    entry: 'src/consumer/main.ts',
    environment: (_, access) => ({
      ...servers(access),
      GROUP_ID: `${access.dataName}.view`,
      VARIANT_FILE: variantFile,
    }),
    watch: { records: ['outbox.received'] },
  };
}

function servicesOf(
  parameters: StandParameters,
  variantFile: string,
  { relayLink, isObserved, hasConsumer = true }: StandOptions,
): ServiceDefinition[] {
  const numbers = (values: Record<string, number>) =>
    Object.fromEntries(Object.entries(values).map(([name, value]) => [name, String(value)]));
  const { customers, slowEvery, slowMs, batchSize, pollIntervalMs, relays, connections = CONNECTIONS } = parameters;
  return [
    {
      name: SHOP,
      entry: 'src/shop/main.ts',
      environment: (_, access) => ({
        ...servers(access),
        VARIANT_FILE: variantFile,
        ...numbers({ CUSTOMERS: customers, CONNECTIONS: connections, SLOW_EVERY: slowEvery, SLOW_MS: slowMs }),
      }),
      watch: { records: ['outbox.half-done', 'outbox.publishing', 'outbox.published'] },
    },
    ...relayNames(parameters).map((name, index) => ({
      name,
      entry: 'src/relay/main.ts',
      environment: (_: UrlOf, access: ServerAccess) => ({
        ...servers(access, relayLink),
        DATA_NAME: access.dataName,
        VARIANT_FILE: variantFile,
        ...numbers({
          BATCH_SIZE: batchSize,
          POLL_INTERVAL_MS: pollIntervalMs,
          RELAY_INDEX: index,
          RELAYS: relays,
        }),
      }),
      watch: { records: ['outbox.claimed', 'outbox.publishing', 'outbox.published', 'outbox.marked'] },
    })),
    ...(hasConsumer ? [consumer(variantFile)] : []),
    ...(isObserved
      ? [
          {
            name: OBSERVER,
            entry: 'src/observer/main.ts',
            environment: (_: UrlOf, access: ServerAccess) => ({ POSTGRES_URL: access.urlOf('postgres-1') }),
            watch: { records: ['outbox.observed'] },
          },
        ]
      : []),
  ];
}

async function createTopic(
  { servers: access, parameters, signal }: PrepareContext<StandParameters>,
  { maxMessageBytes }: StandOptions,
): Promise<void> {
  // Loaded here, so that lab.ts can be listed without it.
  const { createKafka } = await import('../src/kafka.ts');
  const admin = createKafka({ url: access.urlOf('kafka-1'), clientId: 'prepare' }).admin();
  await admin.connect();
  try {
    signal.throwIfAborted();
    const configEntries =
      maxMessageBytes === undefined ? [] : [{ name: 'max.message.bytes', value: String(maxMessageBytes) }];
    const topic = { topic: topicOf(access), numPartitions: parameters.partitions, configEntries };
    await admin.createTopics({ topics: [topic] });
  } finally {
    await admin.disconnect();
  }
}

const WARM_UP_ORDERS = 16;

/** Some orders at once: code is compiled, connections are open, and all three processes have done it before. */
async function warmUp({
  urlOf,
  parameters,
  signal,
}: {
  urlOf: UrlOf;
  parameters: StandParameters;
  signal: AbortSignal;
}) {
  const place = async (index: number) => {
    const path = `/customers/${index % parameters.customers}/orders/${WARM_UP_FROM + index}`;
    const headers = { 'content-type': 'application/json' };
    const response = await fetch(new URL(path, urlOf(SHOP)), { method: 'POST', headers, body: ORDER, signal });
    await response.arrayBuffer();
  };
  await Promise.all(Array.from({ length: WARM_UP_ORDERS }, (_, index) => place(index)));
}

function operation({ urlOf, parameters }: { urlOf: UrlOf; parameters: StandParameters }): OperationSpec {
  return {
    kind: 'http',
    method: 'POST',
    url: Array.from(
      { length: parameters.customers },
      (_, customer) => `${urlOf(SHOP)}/customers/${customer}/orders/{id}`,
    ),
    headers: { 'content-type': 'application/json' },
    body: ORDER,
  };
}

interface StandOptions {
  /** The proxy that the relay reaches Postgres through. */
  relayLink?: string;
  /** Somebody looks at Postgres all the time; see src/observer/app.ts. */
  isObserved?: boolean;
  /** False where only the relay is looked at. */
  hasConsumer?: boolean;
  /** What the topic takes; Kafka's own limit unless told, 1 MiB. It is about a batch, as long as nothing is compressed. */
  maxMessageBytes?: number;
}

/** The parts of an experiment's definition that all of this lab's have in common. */
export function standWith(options: StandOptions = {}) {
  return {
    services: ({ parameters, variantFile }: { parameters: StandParameters; variantFile: string }) =>
      servicesOf(parameters, variantFile, options),
    prepare: (context: PrepareContext<StandParameters>) => createTopic(context, options),
    operation,
    warmUp,
    hops: [{ from: 'load', to: SHOP }],
    workload: ({ ratePerSecond, durationMs, patienceMs }: StandParameters) => ({
      arrivals: 'constant' as const,
      ratePerSecond,
      durationMs,
      timeoutMs: patienceMs,
    }),
    witnesses,
    ledger: async ({ witnesses: all }: { witnesses: Record<string, readonly WitnessRecord[]> }) =>
      reconcile(setsOf(all)),
    resolutionMs: () => 150,
  };
}
