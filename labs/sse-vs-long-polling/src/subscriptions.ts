/**
 * History, then live messages, without a seam.
 *
 *   connect without a cursor   position(end)       live …
 *   with a cursor of the ring  what came after it  live …
 *   with any other             history-lost        all of the ring  live …
 *
 * Invariant: a reader gets each message after its cursor once and in order, or is told that it does not. The replay is
 * written and the reader added in one step, in which nothing can be published: no await between the two. With one, a
 * message that comes meanwhile is in neither of them, or overtakes the replay.
 *
 * The first frame gives a place in the history before there was any message, so that somebody who loses the connection
 * at once can still come back to it.
 * Read next: variants/sse-resume.ts, variants/websocket-resume.ts.
 */
import type { FeedContext, Message } from './contract.ts';
import { type Cursor, formatCursor, parseCursor } from './cursor.ts';
import { createReaders, type ReadersOptions } from './readers.ts';
import { Ring, type Since } from './ring.ts';

/** How this is said on the wire. `id`: the place in the history after this frame. */
export interface Frames {
  message: (id: string, message: Message) => Buffer;
  position: (id: string) => Buffer;
  historyLost: (id: string) => Buffer;
}

/** How a place in the history is written down, and found again. */
export interface Places {
  idOf: (cursor: Cursor) => string;
  since: (ring: Ring<Buffer>, id: string) => Since<Buffer>;
}

export const placesWithEpoch: Places = {
  idOf: formatCursor,
  since: (ring, id) => ring.since(parseCursor(id)),
};

export interface Subscriptions<R> {
  publish: (message: Message) => void;
  /** `id`: the last one that the reader was given; undefined or empty if it comes for the first time. */
  subscribe: (reader: R, id: string | undefined) => void;
}

export function createSubscriptions<R extends { on: (event: 'close', listener: () => void) => unknown }>({
  context: { epoch, settings, signal },
  transport,
  frames,
  places = placesWithEpoch,
}: {
  context: Pick<FeedContext, 'epoch' | 'settings' | 'signal'>;
  transport: ReadersOptions<R>['transport'];
  frames: Frames;
  places?: Places;
}): Subscriptions<R> {
  const ring = new Ring<Buffer>({ epoch, size: settings.ringSize });
  const readers = createReaders({ transport, settings, signal });

  return {
    publish(message) {
      readers.broadcast(ring.add((cursor) => frames.message(places.idOf(cursor), message)));
    },
    subscribe(reader, id) {
      if (id === undefined || id === '') {
        transport.write(reader, frames.position(places.idOf(ring.end)));
      } else {
        const { isHistoryLost, after, entries } = places.since(ring, id);
        if (isHistoryLost) transport.write(reader, frames.historyLost(places.idOf(after)));
        // Not by the cap: nothing of this has left yet, and who needs more than the cap would never get anywhere. These
        // are the ring's own buffers. If they still wait at the next message, the reader is cut, further on than before.
        for (const frame of entries) transport.write(reader, frame);
      }
      readers.add(reader);
    },
  };
}
