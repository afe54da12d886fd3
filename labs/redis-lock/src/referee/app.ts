/**
 * The referee: it watches the Redis nodes and reads the tables, and never takes part.
 *
 * Invariant: what it says is what the servers saw. It asks no lock's client, and it writes nothing but the schema.
 * Read next: monitor.ts (the nodes), grants.ts (who held what), ../schema.ts (the history).
 */
import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import fastify from 'fastify';
import pg from 'pg';
import { ensureSchema } from '../schema.ts';
import { type Gap, Monitor, type SeenCommand } from './monitor.ts';

/** How long the start waits for the nodes. One that is down is watched when it comes. */
const NODES_LIMIT_MS = 1000;
const CONNECT_LIMIT_MS = 5000;
/** A run has a few megabytes. */
const MAX_BYTES_A_NODE = 50_000_000;

export interface RefereeOptions {
  postgresUrl: string;
  redisUrls: readonly string[];
  keyPrefix: string;
  accounts: number;
  /** Of what is kept of one node. Default 50 MB. */
  maxBytesANode?: number;
}

/** What GET /control/commands answers. */
export interface CommandsAnswer {
  /** By the nodes' own times. */
  commands: SeenCommand[];
  /** When a node was not watched. */
  gaps: Gap[];
  /** Which nodes are watched now. */
  watching: boolean[];
  /** There were more than are kept; the later ones of a node are missing. */
  overflowed: boolean;
}

/** One of GET /control/history, by `seq`: a write that was accepted. `operation` is null if its writer gave none. */
export interface HistoryRow {
  seq: number;
  account: number;
  operation: number | null;
  before: number;
  after: number;
  /** By the database's wall clock. */
  atMs: number;
}

export interface Referee {
  handle: RequestListener;
  close(): Promise<void>;
}

/** Makes the schema and watches. Throws if Postgres is not there. */
export async function createReferee(options: RefereeOptions): Promise<Referee> {
  const { redisUrls, keyPrefix, accounts, maxBytesANode = MAX_BYTES_A_NODE } = options;
  const postgres = new pg.Pool({
    connectionString: options.postgresUrl,
    max: 2,
    connectionTimeoutMillis: CONNECT_LIMIT_MS,
  });
  // The next query says it; without a listener it would end the process.
  postgres.on('error', () => {});
  try {
    await ensureSchema(postgres, accounts);
  } catch (error) {
    await postgres.end();
    throw error;
  }

  const commands: SeenCommand[] = [];
  const gaps: Gap[] = [];
  const monitors = redisUrls.map((url, node) => {
    return new Monitor({
      url,
      node,
      // With the colon: a run called lab is not to see the keys of one called lab2.
      keyPrefix: `${keyPrefix}:`,
      maxBytes: maxBytesANode,
      onCommand: (seen) => commands.push(seen),
      onGap: (gap) => gaps.push(gap),
    });
  });
  const allWatched = Promise.all(monitors.map(({ watching }) => watching));
  await Promise.race([allWatched, delay(NODES_LIMIT_MS, undefined, { ref: false })]);

  /** bigint arrives as text; no number of a run comes near 2^53. */
  async function rowsOf(sql: string): Promise<Record<string, number | null>[]> {
    const { rows } = await postgres.query<Record<string, string | number | null>>(sql);
    return rows.map((row) => {
      return Object.fromEntries(
        Object.entries(row).map(([name, value]) => [name, value === null ? null : Number(value)]),
      );
    });
  }

  const app = fastify();
  app.get('/control/commands', async (_request, reply) => {
    for (const monitor of monitors) await monitor.read();
    const answer: CommandsAnswer = {
      commands: commands.toSorted((a, b) => a.atMs - b.atMs),
      gaps: [...gaps],
      watching: monitors.map(({ isWatching }) => isWatching),
      overflowed: monitors.some(({ overflowed }) => overflowed),
    };
    return reply.type('application/json').send(Readable.from(inPieces(answer)));
  });
  app.get('/control/history', () =>
    rowsOf(
      `SELECT seq, account, operation, before, after, extract(epoch FROM at) * 1000 AS "atMs"
       FROM history ORDER BY seq`,
    ),
  );
  app.get('/control/accounts', () => rowsOf('SELECT id, balance, fence, version, writer FROM account ORDER BY id'));
  await app.ready();
  return {
    handle: (request, response) => app.routing(request, response),
    async close() {
      for (const monitor of monitors) monitor.close();
      await app.close();
      await postgres.end();
    },
  };
}

/** Ten thousand commands as JSON at once take a tenth of a second, in which the nodes would not be watched. */
const COMMANDS_A_PIECE = 200;

/** The answer as JSON, one piece a turn of the event loop. */
async function* inPieces({ commands, ...rest }: CommandsAnswer): AsyncGenerator<string> {
  yield '{"commands":[';
  for (let at = 0; at < commands.length; at += COMMANDS_A_PIECE) {
    const piece = JSON.stringify(commands.slice(at, at + COMMANDS_A_PIECE)).slice(1, -1);
    yield at === 0 ? piece : `,${piece}`;
    await turn();
  }
  yield `],${JSON.stringify(rest).slice(1)}`;
}
