/** JSON over HTTP from both sides: a test that asks a service, and a made-up service that answers. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { LIMIT_MS } from './waits.ts';

export interface AskOptions {
  /** GET without one. */
  method?: string;
  /** Sent as JSON; without one nothing is sent. */
  body?: unknown;
  /** Hangs up before the limit does. */
  signal?: AbortSignal;
}

/**
 * One request; its answer is JSON. `outcome`: the service's own word for it (x-outcome), null if it has none. Rejects as
 * fetch does: nobody is there, the caller hung up, or no answer came before the limit.
 */
export async function ask(url: string, path: string, { method = 'GET', body, signal }: AskOptions = {}) {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const response = await fetch(`${url}${path}`, {
    method,
    signal: signal === undefined ? limit : AbortSignal.any([signal, limit]),
    ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  });
  return {
    status: response.status,
    outcome: response.headers.get('x-outcome'),
    body: (await response.json()) as Record<string, unknown>,
  };
}

/** Answers a request with JSON. */
export function json(response: ServerResponse, body: unknown, status = 200, headers: OutgoingHttpHeaders = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}
