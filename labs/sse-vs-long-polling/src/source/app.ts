/**
 * The source: POST /messages/:id publishes a message and is the load's way in.
 *
 * Invariant: 202 means that the feed has accepted it, and only that is in `GET /control/accepted`. The time of a message
 * is that of its arrival here: what it waits for the feed counts as delay.
 * Read next: feed-client.ts (in which order), ../feed/app.ts (who accepts).
 */
import type { RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { monotonicMs } from '@backend-labs/load/clock';
import fastify, { type FastifyError } from 'fastify';
import { z } from 'zod';
import { LedgerRows } from '../ledger-rows.ts';
import { createFeedClient } from './feed-client.ts';

const BODY_LIMIT_BYTES = 64 * 1024;

/** Of the path, and digits only: `Number` makes 0 of a space. */
const idSchema = z
  .string()
  .regex(/^\d{1,16}$/, 'it must be a whole number from 0 on')
  .transform(Number)
  .pipe(z.number().max(Number.MAX_SAFE_INTEGER));
const messageSchema = z.strictObject({
  id: idSchema,
  /** For a person who publishes by hand. */
  text: z.string().optional(),
});

export interface SourceOptions {
  feedUrl: string;
  /** Of a message's text, if whoever publishes it gives none. */
  messageBytes: number;
}

export interface Source {
  handle: RequestListener;
  close(): Promise<void>;
}

export async function createSource({ feedUrl, messageBytes }: SourceOptions): Promise<Source> {
  const feed = createFeedClient(feedUrl);
  /** id, publishedAtMs */
  const accepted = new LedgerRows(2);
  const app = fastify({ bodyLimit: BODY_LIMIT_BYTES });
  app.removeAllContentTypeParsers();
  // Whatever its type: curl calls a body a form's unless it is told otherwise.
  app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => done(null, body));
  app.setErrorHandler<FastifyError>((error, _, reply) =>
    reply.status(error.statusCode ?? 500).send({ error: error.message }),
  );

  app.post<{ Params: { id: string }; Body: string | undefined }>('/messages/:id', async (request, reply) => {
    const publishedAtMs = monotonicMs();
    const body = parsed(request.body);
    if (body === undefined) {
      return reply.status(400).send({ error: 'the body must be a JSON object such as {"text": "hello"}, or nothing' });
    }
    const given = messageSchema.safeParse({ ...body, id: request.params.id });
    if (!given.success) return reply.status(400).send({ error: z.prettifyError(given.error) });
    const { id, text = paddedText(id, messageBytes) } = given.data;
    const refusal = await feed.publish({ id, publishedAtMs, text });
    if (refusal !== null) return reply.status(503).send({ error: refusal });
    accepted.add(id, publishedAtMs);
    return reply.status(202).send({ id });
  });
  app.get('/control/accepted', (_, reply) => reply.type('application/json').send(Readable.from(accepted.json())));

  await app.ready();
  return {
    // Fastify only routes here; shared/service owns the listening and the shutdown.
    handle: (request, response) => app.routing(request, response),
    async close() {
      await app.close();
      await feed.close();
    },
  };
}

/** An empty object for an empty body; undefined for one that is no JSON object. */
function parsed(body: string | undefined): object | undefined {
  if (body === undefined || body === '') return {};
  try {
    const value: unknown = JSON.parse(body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** ASCII, so that it has as many bytes as characters. */
function paddedText(id: number, bytes: number): string {
  return `message ${id} `.padEnd(bytes, '.').slice(0, bytes);
}
