/**
 * Many subscribers in one process, as cheap as they can be: a socket each, one buffer for all, nothing parsed.
 *
 * They share the machine with the server, so what they cost is taken from it. Invariant: what is counted are bytes that
 * came out of a socket; a message that did not come is missing here, whatever the server says.
 * Read next: requests.ts (what they send), mark.ts (what they count).
 */
import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { monotonicMs } from '@backend-labs/load/clock';
import { MARK_BYTE } from './mark.ts';
import { FIRST_REQUEST, heldPoll, type Kind } from './requests.ts';
import { answer, taskOf } from './worker.ts';

export interface ClientsTask {
  port: number;
  kind: Kind;
}

/** Since `expect`. */
export interface Arrived {
  /** Messages, at all subscribers together. */
  deliveries: number;
  missing: number;
  bytes: number;
  /** Of each subscriber: when its last message was there, by the machine's monotonic clock. */
  atMs: Float64Array;
}

interface Subscriber {
  received: number;
  atMs: number;
  /** What has come of an answer's head; null when it is complete. */
  head: string | null;
  /** With the head, and with what came after it in the same chunk. */
  ready: (head: string) => void;
}

/** On their way at the same time. More than the server's backlog would be dropped, and try again a second later. */
const CONNECTING = 64;
const CHUNK_BYTES = 65_536;

const { port, kind } = taskOf<ClientsTask>();
const chunk = Buffer.allocUnsafe(CHUNK_BYTES);
const subscribers: Subscriber[] = [];
let expected = 0;
let complete = 0;
let bytes = 0;
let all = Promise.withResolvers<void>();

function read(subscriber: Subscriber, length: number): boolean {
  bytes += length;
  if (subscriber.head !== null) {
    subscriber.head += chunk.toString('latin1', 0, length);
    if (subscriber.head.includes('\r\n\r\n')) subscriber.ready(subscriber.head);
  }
  // Not beyond `length`: behind it is what somebody else got before.
  for (let at = chunk.indexOf(MARK_BYTE); at >= 0 && at < length; at = chunk.indexOf(MARK_BYTE, at + 1)) {
    subscriber.received += 1;
    subscriber.atMs = monotonicMs();
    if (subscriber.received === expected && ++complete === subscribers.length) all.resolve();
  }
  return true;
}

/** Resolves when it is subscribed. Rejects when the connection is refused, or closed before that. */
function subscribe(): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const subscriber: Subscriber = {
    received: 0,
    atMs: 0,
    head: '',
    ready(head) {
      const status = /^HTTP\/1\.1 (\d+)/.exec(head)?.[1];
      if (status !== (kind === 'websocket' ? '101' : '200')) return reject(new Error(`the server answered ${head}`));
      if (kind === 'held-poll') {
        const cursor = /"cursor":"([^"]+)"/.exec(head)?.[1];
        if (cursor === undefined) return; // its body comes in the next chunk
        socket.write(heldPoll(cursor));
      }
      subscriber.head = null;
      resolve();
    },
  };
  const callback = (length: number) => read(subscriber, length);
  const socket = connect({ port, host: '127.0.0.1', onread: { buffer: chunk, callback } });
  socket.once('connect', () => socket.write(FIRST_REQUEST[kind]));
  socket.on('error', reject);
  // What is missing shows in the counts.
  socket.once('close', () => reject(new Error('the server closed the connection')));
  subscribers.push(subscriber);
  return promise;
}

async function add(count: number): Promise<void> {
  let left = count;
  const one = async () => {
    while (left-- > 0) await subscribe();
  };
  await Promise.all(Array.from({ length: Math.min(CONNECTING, count) }, one));
}

/** From now on each subscriber is to get so many messages. */
function expect(messages: number): void {
  expected = messages;
  complete = 0;
  bytes = 0;
  all = Promise.withResolvers();
  for (const subscriber of subscribers) subscriber.received = 0;
}

/** Resolves when each has all of them, and at the latest after limitMs, with what is there. */
async function arrived(limitMs: number): Promise<Arrived> {
  await Promise.race([all.promise, delay(limitMs, undefined, { ref: false })]);
  return {
    deliveries: subscribers.reduce((sum, { received }) => sum + received, 0),
    missing: subscribers.reduce((sum, { received }) => sum + Math.max(0, expected - received), 0),
    bytes,
    atMs: Float64Array.from(subscribers, (subscriber) => subscriber.atMs),
  };
}

answer({ add, expect, arrived });
