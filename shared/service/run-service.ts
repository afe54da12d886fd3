/**
 * What every service of a lab does and no reader needs to read: listen on loopback, say so, answer its health
 * routes, and end in the right order.
 *
 * Shutdown: fail readiness → stop intake → drain → close what the service holds (broker first, then database).
 * Invariant: a service binds to 127.0.0.1, unless LISTEN_HOST says otherwise (in a container only); a second signal
 * ends it at once.
 */
import { channel } from 'node:diagnostics_channel';
import { once } from 'node:events';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import closeWithGrace from 'close-with-grace';
import { z } from 'zod';
import { listenHostSchema, parseEnvironment } from './environment.ts';
import { createLogger, type Logger } from './logger.ts';

const DRAIN_DEADLINE_MS = 1500;
/** Longer than a client or a proxy in front keeps an idle connection: else a request may meet one that just closes. */
const KEEP_ALIVE_MS = 75_000;

/** Announced when a service accepts connections. Nobody listens unless a harness is there. */
const listening = channel('service.listening');

export interface RunningService {
  /** Answers every request but those of the health routes. */
  handle: RequestListener;
  /** Closes what the service holds, in order, after its last request. */
  close?: () => Promise<void>;
}

export interface ServiceOptions {
  name: string;
  port: number;
  start: (context: { logger: Logger }) => Promise<RunningService>;
}

/**
 * Starts the service; resolves when it listens, with its url on this machine. Throws EnvironmentError. Ends the
 * process on SIGTERM and SIGINT, after draining.
 */
export async function runService({ name, port, start }: ServiceOptions): Promise<{ url: string }> {
  const { LISTEN_HOST: host } = parseEnvironment(z.object({ LISTEN_HOST: listenHostSchema }));
  const logger = createLogger(name);
  const service = await start({ logger });
  let ready = true;
  const server = createServer((request, response) => {
    if (request.url === '/health/live') return answer(response, 200, 'live');
    if (request.url === '/health/ready')
      return ready ? answer(response, 200, 'ready') : answer(response, 503, 'closing');
    service.handle(request, response);
  });
  server.keepAliveTimeout = KEEP_ALIVE_MS;
  closeWithGrace({ delay: DRAIN_DEADLINE_MS, logger: false }, async ({ err }) => {
    if (err) logger.fatal(err);
    ready = false;
    const closed = once(server, 'close');
    server.close();
    server.closeIdleConnections();
    await Promise.race([closed, new Promise((resolve) => setTimeout(resolve, DRAIN_DEADLINE_MS / 2).unref())]);
    server.closeAllConnections();
    await service.close?.();
  });
  server.listen(port, host);
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  logger.info({ url }, 'listening');
  listening.publish({ url });
  return { url };
}

function answer(response: ServerResponse, status: number, text: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(text);
}
