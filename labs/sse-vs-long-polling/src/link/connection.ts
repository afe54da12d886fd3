/**
 * One connection through the link: bytes both ways, at the pace of whoever reads slowest.
 *
 *   looking (for the feed) → piping → closed
 *
 * Invariant: a reset on one side is passed on as one, half-open connections are passed on as such, and no byte is lost
 * while it lives. Read next: feed-address.ts (where it looks), app.ts.
 */
import { connect, type Socket } from 'node:net';
import type { FeedAddress } from './feed-address.ts';

export class Connection {
  readonly #client: Socket;
  #feed: Socket | null = null;
  #isCut = false;
  /** Resolves when both sides are closed. */
  readonly closed: Promise<void>;

  /** `client` is paused: what it has sent waits until there is a feed. */
  constructor(client: Socket, address: FeedAddress) {
    this.#client = client;
    this.closed = this.#join(address);
  }

  get bytesToFeed(): number {
    return this.#client.bytesRead;
  }

  get bytesFromFeed(): number {
    return this.#feed?.bytesRead ?? 0;
  }

  /** Resets both sides; resolves when they are closed. One that still looks for the feed gives up later, unseen. */
  async cut(): Promise<void> {
    this.#isCut = true;
    const sides = this.#feed === null ? [this.#client] : [this.#client, this.#feed];
    for (const side of sides) reset(side);
    await Promise.all(sides.map(closeOf));
  }

  async #join(address: FeedAddress): Promise<void> {
    const feed = await this.#reach(address);
    if (feed === null) reset(this.#client);
    else {
      passResets(this.#client, feed);
      passResets(feed, this.#client);
      this.#client.pipe(feed);
      feed.pipe(this.#client);
      await closeOf(feed);
    }
    await closeOf(this.#client);
  }

  /** A connection to the feed. Null if it is away. If its port refuses it is asked for once more: it may have moved. */
  async #reach(address: FeedAddress): Promise<Socket | null> {
    for (let tries = 0; tries < 2; tries++) {
      const port = await address.port().catch(() => null);
      if (port === null || this.#isCut) return null;
      this.#feed = connect({ host: '127.0.0.1', port, allowHalfOpen: true, noDelay: true });
      if (await connects(this.#feed)) return this.#feed;
      address.forget(port);
    }
    return null;
  }
}

/** False when it was refused, or closed from here before it was there. */
function connects(socket: Socket): Promise<boolean> {
  return new Promise((resolve) => {
    // 'close' follows. Without a listener an error would end this process, at any time.
    socket.on('error', () => {});
    socket.once('connect', () => resolve(true));
    socket.once('close', () => resolve(false));
  });
}

function closeOf(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    if (socket.closed) resolve();
    else socket.once('close', () => resolve());
  });
}

function passResets(from: Socket, to: Socket): void {
  const pass = () => {
    if (from.errored !== null || !from.readableEnded) reset(to);
  };
  if (from.closed) pass();
  else from.once('close', pass);
}

/**
 * Ends a socket with a reset. One that is not connected yet has nobody to tell, and one whose own end is still on its
 * way cannot be reset (EINVAL): Node would then never say that it is closed.
 */
export function reset(socket: Socket): void {
  if (socket.destroyed) return;
  if (socket.connecting || (socket.writableEnded && !socket.writableFinished)) socket.destroy();
  else socket.resetAndDestroy();
}
