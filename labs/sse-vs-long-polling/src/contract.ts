/**
 * The contract: one feed, as its subscriber sees it. Each file under variants/ is one way to get messages to clients.
 *
 * A variant has two sides. `serve` runs in the server, `subscribe` once for each subscriber in another process; what
 * goes between them is the variant's own affair: paths, cursors, frames. The contract is what arrives, so that polling,
 * streams and sockets stand side by side. Everything comes in the context, so that a file outside of this workspace
 * needs no import: `./lab run sse-vs-long-polling --variant ./mine.ts`.
 * Read next: short-poll.ts, variants/sse.ts, variants/sse-resume.ts, in this order.
 */
import type { Server as HttpServer, IncomingMessage } from 'node:http';
import type { Http2Server } from 'node:http2';
import type express from 'express';
import type fastify from 'fastify';
import type { Redis } from 'ioredis';
import type { WebSocketServer } from 'ws';

/** What is published. `id` is the publisher's: unique, ascending. Whoever gets it can tell what it has not got. */
export interface Message {
  id: number;
  /** By the publisher's monotonic clock. */
  publishedAtMs: number;
  text: string;
}

/** In the server, from its start to its end. */
export interface FeedContext {
  settings: {
    /** How many messages are kept for those who come back. */
    ringSize: number;
    /** How much may wait in this process for one reader who does not read. */
    maxBufferedBytes: number;
    /** How long a long poll is held without a message. */
    holdMs: number;
    /** How often a stream without messages says that it is alive. */
    heartbeatMs: number;
    /** What a stream tells a browser to wait before it comes back; with jitter up to twice as long. */
    reconnectMs: number;
  };
  /** New with each start of the process: two histories that begin at 1 are not the same history. */
  epoch: string;
  /**
   * Another connection each time, closed by the host at the end; for feeds that several servers share. While it is away
   * commands fail at once; when it is back ('ready') it is subscribed to nothing.
   */
  connectRedis: () => Redis;
  /** Begins each key and channel of this run. */
  dataName: string;
  libraries: { express: typeof express; fastify: typeof fastify; WebSocketServer: typeof WebSocketServer };
  /** Aborts when the service ends. */
  signal: AbortSignal;
}

export interface Feed {
  /** Not listening yet: the host does that. */
  server: HttpServer | Http2Server;
  /** Accepted: whoever is subscribed is to get it. Rejects if it could not be accepted. */
  publish: (message: Message) => void | Promise<void>;
  /** Lets go of whatever the feed holds. The host has cut the connections by then. */
  close?: () => Promise<void>;
}

/** An event of an event stream, as the standard has it. */
export interface StreamEvent {
  event: string;
  data: string;
  /** The last id that the stream has given, also with an earlier event; '' before the first. */
  lastEventId: string;
}

/** In a subscriber, from its start to its end. */
export interface SubscriberContext {
  /** Where the feed is, without a path. */
  url: string;
  /** A message is here. As often as it comes, in the order in which it comes. */
  deliver: (message: Message) => void;
  /** The feed has said that messages are gone that this subscriber has not got. */
  historyLost: () => void;
  settings: {
    /** The wait before the next try, when a connection is gone; with jitter up to twice as long. */
    reconnectMs: number;
  };
  /** From 0 to 1, the subscriber's own: the same in each run. */
  random: () => number;
  /** Waits, or returns early when the signal aborts. */
  wait: (limitMs: number) => Promise<void>;
  /** GET; resolves with the answer's status, headers and whole body. Rejects when the connection breaks. */
  get: (
    path: string,
    headers?: Record<string, string>,
  ) => Promise<{ status: number; headers: IncomingMessage['headers']; body: string }>;
  /** GET of an event stream: its events until it ends. Throws when the connection breaks, or on any status but 200. */
  eventStream: (path: string, headers?: Record<string, string>) => AsyncIterable<StreamEvent>;
  /** The same over HTTP/2: all subscribers of a process share one connection. */
  eventStreamOverHttp2: (path: string, headers?: Record<string, string>) => AsyncIterable<StreamEvent>;
  /** A WebSocket's messages until it closes. Throws when the connection breaks or cannot be opened. */
  webSocket: (path: string) => AsyncIterable<string>;
  /** Aborts when the subscriber ends. */
  signal: AbortSignal;
}

/** The default export of a file under variants/. */
export interface PushVariant {
  serve: (context: FeedContext) => Feed | Promise<Feed>;
  /** Runs until the signal aborts; it comes back by itself when a connection is gone. Never rejects. */
  subscribe: (context: SubscriberContext) => Promise<void>;
}
