/**
 * What goes wrong in this lab: processes and servers that die, transactions that stay open, events nobody can send.
 *
 * Invariant: each function resolves when the effect was observed. A server that a fault took hold of is replaced before
 * the next variant's run.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type FaultContext, type FaultDefinition, killService } from '@backend-labs/experiment';
import type { Client } from 'pg';
import { CONSUMER, OTHERS_FROM, RELAY, relayNames, SHOP } from './names.ts';

const LAST_WAKE_UPS_MS = 300;

/** A connection of the fault's own. The client is loaded here, so that lab.ts can be listed without it. */
async function connect(url: string): Promise<Client> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 2000 });
  client.on('error', () => {});
  await client.connect();
  return client;
}

async function ask(url: string, work: (client: Client) => Promise<unknown>): Promise<void> {
  const client = await connect(url);
  try {
    await work(client);
  } finally {
    await client.end();
  }
}

/** The server is killed, and started again on the data it had. */
function killServer(name: string): FaultDefinition {
  return {
    inject: async (context) => void (await context.server(name).kill()),
    heal: async (context) => void (await context.server(name).start()),
  };
}

/** Somebody begins a transaction and keeps it open. */
function transactionLeftOpen(
  begin: (client: Client, context: FaultContext) => Promise<unknown>,
  database?: string,
): FaultDefinition {
  let client: Client | undefined;
  return {
    async inject(context) {
      const url = new URL(context.servers.urlOf('postgres-1'));
      if (database !== undefined) url.pathname = `/${database}`;
      client = await connect(url.href);
      await begin(client, context);
    },
    async heal() {
      await client?.end();
      client = undefined;
    },
  };
}

/** Somebody else is busy with Postgres; when it is healed they are done. */
function inTheBackground(work: (client: Client, context: FaultContext) => Promise<unknown>): FaultDefinition {
  let done: Promise<void> | undefined;
  return {
    async inject(context) {
      const client = await connect(context.servers.urlOf('postgres-1'));
      done = work(client, context)
        .then(() => {})
        .finally(() => client.end());
      // Told when it is healed; until then it must not end the process.
      done.catch(() => {});
    },
    heal: async () => done,
  };
}

const POISON = `
WITH event AS (SELECT jsonb_build_object('id', $1::int, 'customer', $1::int, 'version', 1, 'items', '[]'::jsonb,
                                         'note', repeat('x', $2::int)) AS event),
     placed AS (INSERT INTO orders (id, customer, version, items) VALUES ($1, $1, 1, '[]'))
INSERT INTO outbox (customer, event) SELECT $1, event FROM event`;

const BACKLOG = `
WITH numbers AS (SELECT $1::int + n AS id FROM generate_series(1, $2::int) n),
     placed AS (INSERT INTO orders (id, customer, version, items) SELECT id, id, 1, '[]' FROM numbers)
INSERT INTO outbox (customer, event)
  SELECT id, jsonb_build_object('id', id, 'customer', id, 'version', 1, 'items', '[]'::jsonb) FROM numbers`;

export const faults = {
  killShop: killService(SHOP),
  killRelay: killService(RELAY),
  killConsumer: killService(CONSUMER),
  killBroker: killServer('kafka-1'),
  killPostgres: killServer('postgres-1'),

  /** Nobody gets through to Postgres this way; open connections are closed. */
  cutRelay: {
    inject: async (context) => void (await context.proxy('relay-link').cut()),
    async heal(context) {
      // The last wake-ups have been sent by then, and to nobody.
      await delay(LAST_WAKE_UPS_MS, undefined, { signal: context.signal });
      await context.proxy('relay-link').heal();
    },
  },

  /** An order from elsewhere, with a note that is larger than Kafka takes. */
  poison: {
    inject: ({ servers, parameters }) =>
      ask(servers.urlOf('postgres-1'), async (client) => {
        await client.query('BEGIN');
        // A row of this size takes a while: without the lock it would be a late commit as well, which is another story.
        await client.query('LOCK TABLE outbox IN EXCLUSIVE MODE');
        await client.query(POISON, [OTHERS_FROM, parameters.noteBytes]);
        await client.query('COMMIT');
      }),
    heal: async () => {},
  },

  /** All that was marked as published is not any more. */
  replay: {
    inject: ({ servers }) =>
      ask(servers.urlOf('postgres-1'), (client) => client.query('UPDATE outbox SET published_at = NULL')),
    heal: async () => {},
  },

  /** It has written something, in a database that has nothing to do with ours. */
  openTransaction: transactionLeftOpen(async (client) => {
    await client.query('BEGIN');
    await client.query('SELECT pg_current_xact_id()');
  }, 'postgres'),

  /** It only reads, and what it has seen may not go. */
  oldSnapshot: transactionLeftOpen(async (client) => {
    await client.query('BEGIN ISOLATION LEVEL REPEATABLE READ');
    await client.query('SELECT count(*) FROM outbox');
  }),

  /** Others write a lot to the log, and then a checkpoint comes. */
  othersWrite: inTheBackground(async (client, { parameters }) => {
    await client.query(
      `SELECT pg_logical_emit_message(false, 'others', repeat('x', 1000000)) FROM generate_series(1, $1::int)`,
      [parameters.otherMegabytes],
    );
    await client.query('CHECKPOINT');
  }),

  /** Many orders from elsewhere. */
  backlog: inTheBackground((client, { parameters }) => client.query(BACKLOG, [OTHERS_FROM, parameters.backlog])),

  /** Both stop where they are, and go on at the same moment. */
  pauseRelays: {
    touches: relayNames({ relays: 2 }),
    inject: async (context) => void (await Promise.all(relayNames({ relays: 2 }).map((name) => context.pause(name)))),
    heal: async (context) => void (await Promise.all(relayNames({ relays: 2 }).map((name) => context.resume(name)))),
  },
} satisfies Record<string, FaultDefinition>;
