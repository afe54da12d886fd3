/**
 * Who is connected, and how much may wait for each of them.
 *
 *   subscribed ──closed by either side──▶ gone
 *        └──more than maxBufferedBytes wait──▶ cut, gone
 *
 * What a reader does not take stays in this process, behind its connection: first in the kernel's buffers, then here,
 * without any limit but memory. Invariant: not more than maxBufferedBytes and one frame wait for one reader, beyond what
 * it asked to be replayed. Who is cut comes back with its cursor, when it reads again; that costs it a replay and the
 * others nothing.
 *
 * An idle reader costs its entry in the set. The listener and the heartbeat's timer are one for all, and a frame is
 * serialised once: what waits for many readers is the same buffer.
 * Read next: subscriptions.ts.
 */

/** What is done to a connection; one for all of a kind, instead of an object around each. */
export interface Transport<R> {
  write: (reader: R, frame: Buffer) => void;
  /** How much of what was written has not left this process. */
  waitingBytes: (reader: R) => number;
  /** Something that the application on the other side does not see. */
  heartbeat: (reader: R) => void;
  /** Ends the connection now, with whatever waits in it. */
  cut: (reader: R) => void;
}

export interface Readers<R> {
  /** From now on until its connection closes. */
  add: (reader: R) => void;
  /** To all, or to those for whom it is meant; the one who has too much waiting is cut instead. */
  broadcast: (frame: Buffer, isFor?: (reader: R) => boolean) => void;
}

export interface ReadersOptions<R> {
  transport: Transport<R>;
  settings: { maxBufferedBytes: number; heartbeatMs: number };
  /** The heartbeat ends with it. */
  signal: AbortSignal;
}

export function createReaders<R extends { on: (event: 'close', listener: () => void) => unknown }>({
  transport,
  settings: { maxBufferedBytes, heartbeatMs },
  signal,
}: ReadersOptions<R>): Readers<R> {
  const readers = new Set<R>();

  function onClose(this: R): void {
    readers.delete(this);
  }

  /** False: it is cut. */
  function isInTime(reader: R): boolean {
    if (transport.waitingBytes(reader) <= maxBufferedBytes) return true;
    readers.delete(reader);
    transport.cut(reader);
    return false;
  }

  // A proxy closes a connection that is silent (nginx after 60 s), and a peer that went without a word is noticed only
  // when something is sent to it. All at once: with very many readers a real service would take them in turns.
  const heartbeat = setInterval(() => {
    for (const reader of readers) if (isInTime(reader)) transport.heartbeat(reader);
  }, heartbeatMs);
  signal.addEventListener('abort', () => clearInterval(heartbeat), { once: true });

  return {
    add(reader) {
      readers.add(reader);
      reader.on('close', onClose);
    },
    broadcast(frame, isFor) {
      for (const reader of readers) {
        if (isFor !== undefined && !isFor(reader)) continue;
        if (isInTime(reader)) transport.write(reader, frame);
      }
    },
  };
}
