/** Where the feed's host listens for subscribers. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFeedHost, type FeedHostOptions } from '../src/feed/app.ts';
import shortPoll from '../src/variants/short-poll-100ms.ts';
import { startProcess } from './servers.ts';

async function openHost(where: Pick<FeedHostOptions, 'publicPort' | 'publicHost'> = {}) {
  const settings = { ringSize: 10, maxBufferedBytes: 1000, holdMs: 1000, heartbeatMs: 1000, reconnectMs: 1000 };
  const host = await createFeedHost({ variant: shortPoll, settings, dataName: 'test', ...where });
  return { port: host.port, [Symbol.asyncDispose]: () => host.close() };
}

/** A port that was free a moment ago. */
async function freePort(): Promise<number> {
  await using host = await openHost();
  return host.port;
}

const startFeed = (environment: Record<string, string>) =>
  startProcess('feed/main.ts', {
    VARIANT_FILE: resolve(import.meta.dirname, '../src/variants/short-poll-100ms.ts'),
    ...environment,
  });

async function accepts(host: string, port: number): Promise<boolean> {
  const socket = connect({ host, port });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('the public port of a feed', () => {
  it('is the one that it is given, where a proxy in front expects it', async () => {
    const port = await freePort();
    await using feed = await startFeed({ PUBLIC_PORT: String(port) });
    expect(await feed.get('/control/address')).toEqual({ port, protocol: 'http' });
    const answer = await fetch(`http://127.0.0.1:${port}/messages`);
    await answer.text();
    expect(answer.status).toBe(200);
  });

  it('is no other one, if somebody has that', async () => {
    await using first = await openHost();
    await expect(openHost({ publicPort: first.port })).rejects.toThrow('EADDRINUSE');
  });

  it('does not start on an address that is neither loopback nor all, and names the variable', async () => {
    await expect(startFeed({ PUBLIC_HOST: '192.0.2.1' })).rejects.toThrow(/PUBLIC_HOST: .*127\.0\.0\.1/);
  });

  // Linux answers on all of 127.0.0.0/8, so 127.0.0.2 is an address of this machine that is not 127.0.0.1.
  it.skipIf(process.platform !== 'linux')('is on loopback and nowhere else, unless it is told so', async () => {
    await using usual = await openHost();
    expect(await accepts('127.0.0.1', usual.port)).toBe(true);
    expect(await accepts('127.0.0.2', usual.port)).toBe(false);
    await using onAll = await openHost({ publicHost: '0.0.0.0' });
    expect(await accepts('127.0.0.2', onAll.port)).toBe(true);
  });
});
