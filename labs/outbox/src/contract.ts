/**
 * The contract: how an order gets into the database and its event to the broker, and what the other side does with it.
 *
 * A variant is up to three parts: who places an order, who carries events (the relay), who applies them. What a part
 * leaves out is the plain way: order and outbox row in one transaction, no relay, every event applied as it comes.
 * Everything arrives in the context, so that a file outside of this workspace needs no import:
 * `./lab run outbox --variant ./mine.ts`.
 * Read next: schema.ts (the tables), variants/dual-write-db-first.ts, variants/skip-locked.ts.
 */
import type { ClientConfig, Pool, PoolClient } from 'pg';
import type { LogicalReplicationService, PgoutputPlugin } from 'pg-logical-replication';

/** What is told to the world. `version`: this is the customer's n-th order; versions are in the order of commits. */
export interface OrderPlaced {
  /** The order's id, and the event's: one order, one event. */
  id: number;
  customer: number;
  version: number;
  items: { sku: string; quantity: number }[];
  note?: string;
}

/** A row of the outbox. `position` is its place in the table: the order of inserts, which is not the order of commits. */
export interface OutboxRow {
  position: string;
  event: OrderPlaced;
}

interface Shared {
  postgres: Pool;
  /** BEGIN, your work, COMMIT; ROLLBACK and the error if it throws. */
  transaction: <T>(work: (client: PoolClient) => Promise<T>) => Promise<T>;
  /**
   * Resolves when Kafka has acknowledged all of them (acks=all), in their order; a customer's go to one partition.
   * Rejects if it is not known that all arrived: some may have. `isPoison` tells an event that never will.
   */
  publish: (events: readonly OrderPlaced[]) => Promise<void>;
  /** Aborts when the request's caller is gone or the service ends. */
  signal: AbortSignal;
}

/** In the shop, for one order. */
export interface PlaceContext extends Shared {
  /** Inserts the order. The customer's row stays locked until the commit, so a customer's versions commit in order. */
  writeOrder: (client: PoolClient) => Promise<OrderPlaced>;
  /** Inserts the event into the outbox. */
  writeOutbox: (client: PoolClient, event: OrderPlaced) => Promise<void>;
  /** Whatever else the transaction does. For some orders it takes long. */
  work: () => Promise<void>;
  /** Tells the harness that one of the two writes is done and the other is not: where a crash hurts. */
  halfDone: (event: OrderPlaced) => void;
  /** Wakes the relay, from another connection than the order's, at most once in 10 ms. */
  notify: () => void;
}

/** Wake-ups from NOTIFY, on a connection of its own. */
export interface WakeUps extends AsyncDisposable {
  /** True if a wake-up came since the last call, or as soon as one comes; false after `limitMs` (never, if null). */
  next: (limitMs: number | null) => Promise<boolean>;
}

/** In the relay, until its signal aborts. */
export interface RelayContext extends Shared {
  settings: {
    /** The most events taken at once. */
    batchSize: number;
    /** How long to wait when there was nothing to do. */
    pollIntervalMs: number;
    /** Of several relays, this is the `index`-th of `relays`. */
    relayIndex: number;
    relays: number;
  };
  /** Waits, or returns early when the signal aborts. */
  wait: (limitMs: number) => Promise<void>;
  /** Listens on the channel that `notify` and `NOTIFY outbox` wake. Rejects if it cannot, also when its connection dies. */
  listen: () => Promise<WakeUps>;
  /** An event that Kafka refuses for what it is, and would refuse again. */
  isPoison: (error: unknown) => boolean;
  /** Tell the harness what happened: a batch is taken; it is published, and noted down as such. */
  steps: { claimed: (events: readonly OrderPlaced[]) => void; marked: (events: readonly OrderPlaced[]) => void };
  replication: {
    config: ClientConfig;
    /** Both are this run's own. */
    slot: string;
    publication: string;
    LogicalReplicationService: typeof LogicalReplicationService;
    PgoutputPlugin: typeof PgoutputPlugin;
  };
}

/** In the consumer, for one event, within one transaction: what is done here is committed before the offset. */
export interface ApplyContext {
  client: PoolClient;
  /** The effect: counts the order into the customer's view. Not idempotent, like sending a mail or charging a card. */
  effect: () => Promise<void>;
}

/** The default export of a file under variants/. */
export interface OutboxVariant {
  place?: (context: PlaceContext) => Promise<void>;
  /** Before the first order, once; also again when the relay is started again. */
  prepareRelay?: (context: RelayContext) => Promise<void>;
  /** Runs until the signal aborts. If it throws it is called again a moment later: a server may be away. */
  relay?: (context: RelayContext) => Promise<void>;
  apply?: (event: OrderPlaced, context: ApplyContext) => Promise<void>;
}
