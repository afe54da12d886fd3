/** Services of this lab for one test, inside its process or as processes, to be asked and posted to. */
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { listen as listenAt, startProcess as startAt } from '@backend-labs/testbed';

/** When an answer is given up. Nothing here takes as long, unless it never comes. */
const LIMIT_MS = 20_000;

/** A request to a service. An answer that is no JSON is given as text. */
async function ask<T>(url: string, method: string, path: string, body?: string) {
  const response = await fetch(`${url}${path}`, {
    method,
    signal: AbortSignal.timeout(LIMIT_MS),
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  const said = await response.text();
  const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
  return { status: response.status, body: (isJson ? JSON.parse(said) : said) as T };
}

function reach(url: string) {
  return {
    url,
    get: async <T = Record<string, unknown>>(path: string) => (await ask<T>(url, 'GET', path)).body,
    post: <T = Record<string, unknown>>(path: string, body?: string) => ask<T>(url, 'POST', path, body),
  };
}

/** A service in this process, on a port of its own unless told. */
export async function listen(service: { handle: RequestListener; close?: () => Promise<void> }, onPort = 0) {
  const listening = await listenAt(service, onPort);
  return { ...listening, ...reach(listening.url) };
}

/** A service as a process of its own. `file` is below src/; resolves when it listens. */
export async function startProcess(file: string, environment: NodeJS.ProcessEnv) {
  const started = await startAt(join(import.meta.dirname, '../src', file), environment);
  return { ...started, ...reach(started.url) };
}
