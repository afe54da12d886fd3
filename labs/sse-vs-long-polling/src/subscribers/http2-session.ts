/**
 * Reading event streams over HTTP/2, without TLS: all subscribers of this process that go to the same place share one
 * connection, as the tabs of a browser do.
 *
 * Invariant: one session for each origin, opened anew when it is gone, closed when the last of its subscribers ends.
 * Read next: event-stream.ts (the same over HTTP/1.1).
 */
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from 'node:http2';
import type { StreamEvent } from '../contract.ts';
import { ANSWER_LIMIT_MS, parserInto, whatIsWrongWith } from './event-stream.ts';
import { Incoming } from './incoming.ts';
import type { Lifetime } from './lifetime.ts';

/** MB that a session's streams may take here. The 10 that are usual are not enough for some thousand streams. */
const SESSION_MEMORY_MB = 1000;

interface Shared {
  session: ClientHttp2Session | null;
  subscribers: number;
}

const sharedByOrigin = new Map<string, Shared>();

/** Counts a subscriber in until it ends. */
export function shareSession(origin: string, lifetime: Lifetime): Shared {
  const shared = sharedByOrigin.get(origin) ?? { session: null, subscribers: 0 };
  sharedByOrigin.set(origin, shared);
  shared.subscribers += 1;
  lifetime.onEnd(() => {
    shared.subscribers -= 1;
    if (shared.subscribers > 0) return;
    shared.session?.destroy();
    sharedByOrigin.delete(origin);
  });
  return shared;
}

function sessionOf(shared: Shared, origin: string): ClientHttp2Session {
  const known = shared.session;
  if (known !== null && !known.closed && !known.destroyed) return known;
  const session = connect(origin, { maxSessionMemory: SESSION_MEMORY_MB });
  session.setMaxListeners(0);
  // Its streams fail with it and say so.
  session.on('error', () => {});
  shared.session = session;
  return session;
}

/** Asks for an event stream. Fails on any status but 200, on another type, and when stream or connection breaks. */
export function openEventStreamOverHttp2(
  shared: Shared,
  origin: string,
  path: string,
  headers: Record<string, string>,
  lifetime: Lifetime,
): Incoming<StreamEvent> {
  const stream: ClientHttp2Stream = sessionOf(shared, origin).request({
    accept: 'text/event-stream',
    ...headers,
    ':path': path,
  });
  const events = new Incoming<StreamEvent>(
    { pause: () => stream.pause(), resume: () => stream.resume(), destroy: () => stream.destroy() },
    lifetime,
  );
  const refuse = (error: Error) => {
    events.end(error);
    stream.destroy();
  };
  stream.setTimeout(ANSWER_LIMIT_MS, () =>
    refuse(new Error(`GET ${path} was not answered within ${ANSWER_LIMIT_MS} ms`)),
  );
  stream.once('response', (answered) => {
    stream.setTimeout(0);
    const problem = whatIsWrongWith(answered[':status'], answered['content-type']);
    if (problem !== null) refuse(new Error(`GET ${path} was answered ${problem}`));
  });
  stream.setEncoding('utf8').on('data', parserInto(events, refuse));
  stream.on('error', (error) => events.end(error));
  // Not 'end': that comes also when the stream was reset or its connection is gone.
  stream.once('close', () => {
    const isWhole = stream.readableEnded && stream.rstCode === 0 && !stream.aborted;
    events.end(isWhole ? null : new Error(`the stream of GET ${path} broke (code ${stream.rstCode})`));
  });
  stream.end();
  return events;
}
