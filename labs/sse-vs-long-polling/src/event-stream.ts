/**
 * An event stream on the server's side: fields, one a line, and an empty line after each event.
 *
 *   id: 5f1c:42
 *   data: {"id":7, …}
 *
 * Invariant: nothing that is put into a field can begin another one. A newline in an id would let whoever chose the id
 * write events of their own; in the data it only begins another `data:` line, which the client puts together again.
 * Read next: variants/sse-resume.ts. The format: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
import type { Transport } from './readers.ts';

/** How a stream begins, over HTTP/1.1 and HTTP/2. */
export const STREAM_HEADERS = {
  'content-type': 'text/event-stream',
  // no-transform: who compresses on the way collects a block first, and holds back what is smaller.
  'cache-control': 'no-cache, no-transform',
  // nginx would collect a buffer full before it passes anything on.
  'x-accel-buffering': 'no',
  // A browser gives a page the stream of another origin only if that one allows it, and the page of this lab comes from
  // another port. To all of them, as what is published here is no secret, and no cookie says who is asking.
  'access-control-allow-origin': '*',
};

export interface EventFields {
  /** Left out: the client keeps the one before. */
  id?: string | undefined;
  /** A client that does not know the name ignores the event. Left out: `message`. */
  event?: string;
  data: string;
}

/** One event. Throws RangeError if the id or the name has a character that would end its line. */
export function formatEvent({ id, event, data }: EventFields): Buffer {
  const lines: string[] = [];
  if (id !== undefined) lines.push(`id: ${oneLine('id', id)}`);
  if (event !== undefined) lines.push(`event: ${oneLine('event', event)}`);
  // All three end a line in an event stream.
  for (const line of data.split(/\r\n|\r|\n/)) lines.push(`data: ${line}`);
  return Buffer.from(`${lines.join('\n')}\n\n`);
}

function oneLine(field: string, value: string): string {
  // A client ignores an id with a NUL in it, and would come back with the one before.
  if (/[\r\n\0]/.test(value)) {
    throw new RangeError(`the ${field} of an event must be one line without NUL, received ${JSON.stringify(value)}`);
  }
  return value;
}

/**
 * Tells a browser how long to wait before it comes back: once to twice `reconnectMs`, by chance, another for each stream.
 * Left out, all clients of one browser wait the same few seconds, and are back in the same moment. No client shows it to
 * its page, and Node's subscribers in this lab have their wait in their own settings.
 */
export function formatRetry(reconnectMs: number, random: () => number = Math.random): Buffer {
  const waitMs = Math.round(reconnectMs * (1 + random()));
  // Anything but digits, and a client ignores the line.
  if (!Number.isSafeInteger(waitMs) || waitMs < 0) {
    throw new RangeError(
      `a browser's wait must be a number of milliseconds that is not negative, received ${reconnectMs}`,
    );
  }
  return Buffer.from(`retry: ${waitMs}\n\n`);
}

/** A line that begins with a colon is a comment: no client sees it, every proxy on the way does. */
export const HEARTBEAT = Buffer.from(':\n\n');

/** What a response over HTTP/1.1 and a stream of HTTP/2 have in common. */
interface OpenStream {
  write: (frame: Buffer) => boolean;
  readonly writableLength: number;
  destroy: () => unknown;
  on: (event: 'close', listener: () => void) => unknown;
}

export const streamTransport: Transport<OpenStream> = {
  // write() says false when more waits than is good; readers.ts looks at how much it is, before each write.
  write: (stream, frame) => stream.write(frame),
  waitingBytes: (stream) => stream.writableLength,
  heartbeat: (stream) => stream.write(HEARTBEAT),
  // Not end(): that would wait until everything is read.
  cut: (stream) => stream.destroy(),
};
