/**
 * The stream of a replication slot: committed transactions, in the order of their commits, and how to acknowledge them.
 *
 * Two traps of it. An acknowledged position means "I have all before it": the library adds one to what it is given, so
 * it gets the position of a commit, never the end of one, at which the next commit may begin. And a library that
 * acknowledges by itself (the default here, after an event or every ten seconds) says "done" of what was only received.
 * Invariant: a position is acknowledged when its events were handed on and `acknowledge` was called for them.
 * Read next: ../variants/cdc-pgoutput.ts.
 */
import type { OrderPlaced, RelayContext } from '../contract.ts';

interface Transaction {
  events: OrderPlaced[];
  commitLsn: string;
}

export interface Batch {
  events: OrderPlaced[];
  acknowledge: () => void;
}

export interface EventStream extends AsyncDisposable {
  /**
   * The next transactions, up to so many events and at least one transaction; none when the signal aborts. One batch at a
   * time: throws if the one before is not acknowledged.
   */
  take: (limit: number) => Promise<Batch>;
}

/** What the library hands on; only what is read here. */
interface Message {
  tag: string;
  new?: { event: OrderPlaced };
  commitLsn?: string | null;
}

/** So many transactions wait here; then the server waits. */
const MOST_WAITING = 1000;

export async function openStream({ replication, signal }: RelayContext): Promise<EventStream> {
  const { LogicalReplicationService, PgoutputPlugin } = replication;
  const service = new LogicalReplicationService(replication.config, {
    acknowledge: { auto: false, timeoutSeconds: 0 },
    // Without it, a backlog of a million events would be read into memory as fast as the server can send it.
    flowControl: { enabled: true },
  });
  const waiting: Transaction[] = [];
  let open: OrderPlaced[] = [];
  let acknowledgedLsn: string | null = null;
  let isInTransaction = false;
  let isTaken = false;
  let changed = Promise.withResolvers<void>();
  const change = () => {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  };
  let failure: Error | null = null;
  const fail = (error: Error) => {
    failure ??= error;
    change();
  };
  service.on('error', fail);
  signal.addEventListener('abort', change, { once: true });

  service.on('data', async (_, message: Message) => {
    if (message.tag === 'begin') isInTransaction = true;
    if (message.tag === 'insert' && message.new !== undefined) open.push(message.new.event);
    if (message.tag !== 'commit' || typeof message.commitLsn !== 'string') return;
    waiting.push({ events: open, commitLsn: message.commitLsn });
    open = [];
    isInTransaction = false;
    change();
    while (waiting.length >= MOST_WAITING && failure === null && !signal.aborted) await changed.promise;
  });
  service.on('heartbeat', (lsn, _, shouldRespond) => {
    // Not now: a heartbeat comes past the messages that the library holds back for the listener above, and its position
    // lies behind them. By the next turn of the event loop they are here, or `waiting` is full.
    setImmediate(() => {
      // Nothing of ours was before it: else the slot would keep the WAL of all other tables until the next order.
      const isIdle = waiting.length === 0 && !isInTransaction && !isTaken;
      if (isIdle) acknowledgedLsn = before(lsn);
      if (acknowledgedLsn !== null && (isIdle || shouldRespond)) void service.acknowledge(acknowledgedLsn);
    });
  });
  service
    .subscribe(new PgoutputPlugin({ protoVersion: 1, publicationNames: [replication.publication] }), replication.slot)
    .then(() => fail(new Error('the stream of the slot has ended')), fail);

  return {
    async take(limit) {
      if (isTaken) throw new Error('the batch before this one is not acknowledged: one at a time');
      while (waiting.length === 0 && !signal.aborted) {
        if (failure !== null) throw failure;
        await changed.promise;
      }
      if (failure !== null) throw failure;
      const events: OrderPlaced[] = [];
      let commitLsn: string | null = null;
      while (waiting[0] !== undefined && (events.length === 0 || events.length + waiting[0].events.length <= limit)) {
        const transaction = waiting.shift() as Transaction;
        events.push(...transaction.events);
        commitLsn = transaction.commitLsn;
      }
      isTaken = true;
      change();
      return {
        events,
        acknowledge() {
          isTaken = false;
          acknowledgedLsn = commitLsn;
          if (commitLsn !== null) void service.acknowledge(commitLsn);
        },
      };
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', change);
      await service.destroy().catch(() => {});
    },
  };
}

/** One byte before a position of the WAL, which is what the library makes of it again. */
function before(lsn: string): string {
  const [upper = '0', lower = '0'] = lsn.split('/');
  const position = (BigInt(`0x${upper}`) << 32n) + BigInt(`0x${lower}`) - 1n;
  return `${(position >> 32n).toString(16)}/${(position & 0xffffffffn).toString(16)}`.toUpperCase();
}
