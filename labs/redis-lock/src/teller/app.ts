/**
 * The teller: POST /deposits/:operation adds 1 to an account, by way of one variant.
 *
 * Invariant: the variant is the only thing in which two runs differ. Its ending becomes the answer: 200 written, 423
 * not acquired, 409 rejected, 500 if it threw.
 * Read next: update-context.ts (what a variant gets), ../variants/.
 */
import { channel } from 'node:diagnostics_channel';
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import fastify from 'fastify';
import { z } from 'zod';
import type { Ending, Update } from '../contract.ts';
import { ensureSchema } from '../schema.ts';
import { type ContextsOptions, openContexts } from './update-context.ts';

/** Announced when an operation begins and when it has ended; `failed`: the variant threw. */
const asked = channel('redis-lock.asked');
const ended = channel('redis-lock.ended');

const STATUS: Record<Ending, number> = { written: 200, 'not-acquired': 423, rejected: 409 };
const AMOUNT = 1;

const blockSchema = z.strictObject({ blockMs: z.number().positive().max(60_000) });

export interface TellerOptions extends ContextsOptions {
  update: Update;
  /** How long the work between reading and writing takes. */
  thinkMs: number;
  accounts: number;
  /** So many operations in a row go to one account, so that they compete for it. */
  contenders: number;
}

export interface Teller {
  handle: RequestListener;
  close(): Promise<void>;
}

/** Connects and makes the schema. Throws if Postgres or the first Redis is not there. */
export async function createTeller(options: TellerOptions): Promise<Teller> {
  const { update, thinkMs, accounts, contenders } = options;
  const contexts = await openContexts(options);
  try {
    await ensureSchema(contexts.postgres, accounts);
  } catch (error) {
    await contexts.close();
    throw error;
  }
  const running = new Set<AbortController>();

  async function deposit(operation: number, account: number, signal: AbortSignal): Promise<Ending> {
    let ending: Ending | 'failed' = 'failed';
    asked.publish({ operation, account });
    try {
      const context = contexts.contextFor({ operation, account, signal });
      const think = () => delay(thinkMs, AMOUNT);
      ending = await update(account, think, context);
      // A reader's own variant may forget to return.
      if (!(ending in STATUS)) throw new TypeError(`the variant ended with ${ending}, which is no ending`);
      return ending;
    } finally {
      ended.publish({ operation, account, ending });
    }
  }

  const app = fastify();
  const wholeNumber = (name: string) => ({
    params: { type: 'object', properties: { [name]: { type: 'integer', minimum: 0, maximum: 2_147_483_647 } } },
  });

  app.post<{ Params: { operation: number } }>(
    '/deposits/:operation',
    { schema: wholeNumber('operation') },
    async ({ params: { operation } }, reply) => {
      const account = Math.floor(operation / contenders) % accounts;
      const request = new AbortController();
      running.add(request);
      // Also after an answer, when nobody listens to the signal any more.
      reply.raw.once('close', () => {
        running.delete(request);
        request.abort();
      });
      try {
        const ending = await deposit(operation, account, request.signal);
        if (ending !== 'written') reply.header('x-outcome', 'rejected');
        return reply.status(STATUS[ending]).send({ ending, account });
      } catch (error) {
        return reply.status(500).send({ error: (error as Error).message, account });
      }
    },
  );

  app.get<{ Params: { account: number } }>(
    '/accounts/:account',
    { schema: wholeNumber('account') },
    async ({ params: { account } }, reply) => {
      const found = await contexts.postgres.query<{ balance: string }>('SELECT balance FROM account WHERE id = $1', [
        account,
      ]);
      const [row] = found.rows;
      if (row === undefined) return reply.status(404).send({ error: `there is no account ${account}` });
      return { account, balance: Number(row.balance) };
    },
  );

  // A route for operators: a real service would not have it on the same port.
  app.post('/control/block', async (request, reply) => {
    const given = blockSchema.safeParse(request.body);
    if (!given.success) return reply.status(400).send({ error: z.prettifyError(given.error) });
    const { blockMs } = given.data;
    // Like a long computation: no timer, no callback and no answer of this process comes meanwhile. It begins when the
    // answer is on its way, so that the caller knows.
    reply.raw.once('finish', () => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, blockMs));
    return { blockMs };
  });

  await app.ready();
  return {
    // Fastify only routes here; shared/service owns the listening and the shutdown.
    handle: (request, response) => app.routing(request, response),
    async close() {
      for (const request of running) request.abort();
      await app.close();
      await contexts.close();
    },
  };
}
