/**
 * Reading an event stream over HTTP/1.1: a request whose answer does not end.
 *
 * Parsing is eventsource-parser's. Unlike a browser's EventSource this does not come back by itself: when and with which
 * cursor is what the variants differ in.
 * Read next: http2-session.ts (the same over HTTP/2), incoming.ts (how events wait for their reader).
 */
import { type Agent, type IncomingMessage, request } from 'node:http';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { createParser } from 'eventsource-parser';
import type { StreamEvent } from '../contract.ts';
import { Incoming } from './incoming.ts';
import type { Lifetime } from './lifetime.ts';

/** How long an answer may take to begin. A proxy that buffers a stream holds even its head back for seconds. */
export const ANSWER_LIMIT_MS = 60_000;
/** The longest event that is taken, in characters. */
const EVENT_LIMIT = 16_000_000;

export interface Origin {
  agent: Agent;
  hostname: string;
  port: string;
}

/**
 * Asks for an event stream. Fails on any status but 200, on another type than an event stream's, as EventSource does,
 * and when the connection breaks.
 */
export function openEventStream(
  origin: Origin,
  path: string,
  headers: Record<string, string>,
  lifetime: Lifetime,
): Incoming<StreamEvent> {
  let body: Readable | undefined;
  const asked = request({
    ...origin,
    path,
    // As browsers do. A feed never compresses; a proxy in front of it may.
    headers: { accept: 'text/event-stream', 'accept-encoding': 'gzip', ...headers },
    timeout: ANSWER_LIMIT_MS,
  });
  const events = new Incoming<StreamEvent>(
    { pause: () => body?.pause(), resume: () => body?.resume(), destroy: () => asked.destroy() },
    lifetime,
  );
  const refuse = (error: Error) => {
    events.end(error);
    asked.destroy();
  };
  asked.once('timeout', () => refuse(new Error(`GET ${path} was not answered within ${ANSWER_LIMIT_MS} ms`)));
  asked.on('error', (error) => events.end(error));
  asked.once('response', (response: IncomingMessage) => {
    // From here on it may be silent for as long as it likes, as for EventSource.
    asked.setTimeout(0);
    const problem = whatIsWrongWith(response.statusCode, response.headers['content-type']);
    if (problem !== null) return refuse(new Error(`GET ${path} was answered ${problem}`));
    const encoding = response.headers['content-encoding'] ?? 'identity';
    if (encoding === 'gzip') body = response.pipe(createGunzip()).on('error', refuse);
    else if (encoding === 'identity') body = response;
    else return refuse(new Error(`GET ${path} was answered in an encoding that was not asked for: ${encoding}`));
    const take = parserInto(events, refuse);
    body.setEncoding('utf8').on('data', take);
    body.once('end', () => events.end(null));
    response.on('error', (error) => events.end(error));
    response.once('close', () => {
      if (!response.readableEnded) events.end(new Error(`the stream of GET ${path} broke`));
    });
  });
  asked.end();
  return events;
}

/** Null if it is an event stream. */
export function whatIsWrongWith(status: number | undefined, type: string | undefined): string | null {
  if (status !== 200) return String(status);
  return /^text\/event-stream\b/i.test(type ?? '') ? null : `with ${type ?? 'nothing'} instead of text/event-stream`;
}

/** Takes the stream's text as it comes. */
export function parserInto(events: Incoming<StreamEvent>, refuse: (error: Error) => void): (chunk: string) => void {
  let lastEventId = '';
  const parser = createParser({
    maxBufferSize: EVENT_LIMIT,
    // Called before its event, and also for an id without data, which counts all the same.
    onId: (id) => {
      lastEventId = id;
    },
    onEvent: ({ event = 'message', data }) => events.push({ event, data, lastEventId }),
    // An unknown field is to be ignored; too long an event cannot be.
    onError: (error) => {
      if (error.type === 'max-buffer-size-exceeded') refuse(error);
    },
  });
  let isOver = false;
  return (chunk) => {
    if (isOver) return;
    try {
      parser.feed(chunk);
    } catch (error) {
      isOver = true;
      refuse(error as Error);
    }
  };
}
