/**
 * The ledger of many subscribers: who got what, and when, as whoever judges it asks for it.
 *
 *   GET /control/counts     {subscribers, received, reached, least}; ?below=ID: of messages with lower ids
 *   GET /control/received   [[subscriber, id, atMs], …]
 *   GET /control/told       [[subscriber, what, atMs], …]
 *
 * Invariant: it is written where a message arrives, in the order of arrival, by the clock that all processes share, and
 * asks the feed nothing.
 * Read next: ../ledger-rows.ts; app.ts and ../browser/app.ts (who writes it).
 */
import { Readable } from 'node:stream';
import { monotonicMs } from '@backend-labs/load/clock';
import type { FastifyInstance } from 'fastify';
import { LedgerRows } from '../ledger-rows.ts';

export class Ledger {
  /** subscriber, id, atMs */
  readonly #received = new LedgerRows(3);
  /** subscriber, atMs */
  readonly #told = new LedgerRows(2);
  readonly #first: number;
  readonly #count: number;

  /** `first`: the number of the first subscriber. */
  constructor({ first, count }: { first: number; count: number }) {
    this.#first = first;
    this.#count = count;
  }

  /** A message is here. */
  received(subscriber: number, id: number): void {
    this.#received.add(subscriber, id, monotonicMs());
  }

  /** The feed has said that it has lost what this subscriber has not got. */
  historyLost(subscriber: number): void {
    this.#told.add(subscriber, monotonicMs());
  }

  /** Of messages whose ids are below. `reached`: how many got any. `least`: what whoever got the fewest has. */
  countsBelow(end: number): Record<'subscribers' | 'received' | 'reached' | 'least', number> {
    const receivedBy = new Uint32Array(this.#count);
    const subscribers = this.#received.column(0)[Symbol.iterator]();
    for (const id of this.#received.column(1)) {
      const index = (subscribers.next().value as number) - this.#first;
      if (id < end) (receivedBy[index] as number) += 1;
    }
    return {
      subscribers: this.#count,
      received: this.#received.length,
      reached: receivedBy.filter((one) => one > 0).length,
      least: receivedBy.reduce((least, one) => Math.min(least, one)),
    };
  }

  addRoutes(app: FastifyInstance): void {
    app.get<{ Querystring: { below?: string } }>('/control/counts', async ({ query: { below } }) =>
      this.countsBelow(below === undefined ? Number.POSITIVE_INFINITY : Number(below)),
    );
    app.get('/control/received', (_, reply) =>
      reply.type('application/json').send(Readable.from(this.#received.json())),
    );
    app.get('/control/told', (_, reply) => {
      const rows = this.#told.json(([subscriber, atMs]) => [subscriber, 'history-lost', atMs]);
      return reply.type('application/json').send(Readable.from(rows));
    });
  }
}
