/**
 * Counting each hop at both of its ends: what a service received, and what became of what it sent.
 *
 *   sent       the request was written to a socket, or its connection was refused
 *   refused    nobody listened
 *   cut        the connection broke after the request was written and before an answer began
 *   abandoned  the caller gave up after the request was written (a timeout); the receiver may still work on it
 *
 * Invariant: a request is counted at its own moment, not when it ends, so a killed process has counted what it did.
 * Both undici's channels (also behind Node's own fetch) and node:http's client are listened to.
 */
import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { CounterFile } from './counter-file.ts';
import { COUNTERS, type CounterName, IGNORED_PATHS } from './protocol.ts';

const CUT_CODES = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET', 'ECONNABORTED']);

function isIgnored(path: string | undefined): boolean {
  const [route] = path?.split('?', 1) ?? [];
  return route !== undefined && IGNORED_PATHS.some((ignored) => route === ignored || route.startsWith(`${ignored}/`));
}

export function countHttpHops(destinations: string[], counters: CounterFile, inFlight: (change: 1 | -1) => void): void {
  countReceived(counters, inFlight);
  const slotOf = (origin: string, counter: CounterName): number | null => {
    const destination = destinations.indexOf(origin);
    return destination < 0 ? null : 1 + destination * COUNTERS.length + COUNTERS.indexOf(counter);
  };
  const count = (origin: string, counter: CounterName): void => {
    const slot = slotOf(origin, counter);
    if (slot !== null) counters.increment(slot);
  };
  countUndici(count);
  countNodeHttp(count);
}

function countReceived(counters: CounterFile, inFlight: (change: 1 | -1) => void): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as { request: IncomingMessage; response: ServerResponse };
    if (isIgnored(request.url)) return;
    counters.increment(0);
    inFlight(1);
    // 'close' comes after a finished answer and after a cut connection alike; 'finish' would miss the latter.
    response.once('close', () => inFlight(-1));
  });
}

type Count = (origin: string, counter: CounterName) => void;
type UndiciRequest = { origin: string | URL; path: string };

function countUndici(count: Count): void {
  const written = new WeakSet<object>();
  subscribe('undici:client:sendHeaders', (message) => {
    const { request } = message as { request: UndiciRequest };
    if (isIgnored(request.path)) return;
    written.add(request);
    count(originOf(request.origin), 'sent');
  });
  // An answer has begun: whatever comes now, the request did arrive.
  subscribe('undici:request:headers', (message) => {
    written.delete((message as { request: UndiciRequest }).request);
  });
  subscribe('undici:request:error', (message) => {
    const { request, error } = message as { request: UndiciRequest; error: Error & { code?: string } };
    if (isIgnored(request.path)) return;
    const origin = originOf(request.origin);
    if (written.delete(request)) count(origin, CUT_CODES.has(error.code ?? '') ? 'cut' : 'abandoned');
    else if (error.code === 'ECONNREFUSED') {
      count(origin, 'sent');
      count(origin, 'refused');
    }
  });
}

type ClientRequest = { path: string; host: string; protocol: string; getHeader(name: string): unknown; res?: unknown };

function countNodeHttp(count: Count): void {
  const originOfRequest = (request: ClientRequest) => originOf(`${request.protocol}//${request.getHeader('host')}`);
  subscribe('http.client.request.start', (message) => {
    const { request } = message as { request: ClientRequest };
    if (!isIgnored(request.path)) count(originOfRequest(request), 'sent');
  });
  subscribe('http.client.request.error', (message) => {
    const { request, error } = message as { request: ClientRequest; error: Error & { code?: string } };
    if (isIgnored(request.path) || request.res) return;
    if (error.code === 'ECONNREFUSED') count(originOfRequest(request), 'refused');
    else count(originOfRequest(request), CUT_CODES.has(error.code ?? '') ? 'cut' : 'abandoned');
  });
}

function originOf(origin: string | URL): string {
  return typeof origin === 'string' ? new URL(origin).origin : origin.origin;
}
