import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';

/** An address of this machine that is not 127.0.0.1: Linux answers on all of 127.0.0.0/8, others on their network's. */
const elsewhere =
  process.platform === 'linux'
    ? '127.0.0.2'
    : Object.values(networkInterfaces())
        .flatMap((addresses) => addresses ?? [])
        .find(({ family, internal }) => family === 'IPv4' && !internal)?.address;

/** Starts the echo service; `url` is null if it ended instead of listening. */
async function startEcho(environment: Record<string, string>) {
  const { LISTEN_HOST: _, ...inherited } = process.env;
  const child = spawn(process.execPath, [join(import.meta.dirname, 'fixtures/echo.ts')], {
    env: { ...inherited, ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const closed = once(child, 'close').then(([code]) => code as number);
  const lines = createInterface({ input: child.stdout });
  const url = await Promise.race([once(lines, 'line').then(([line]) => String(line)), closed.then(() => null)]);
  return {
    url,
    code: closed,
    stderr: () => stderr,
    async [Symbol.asyncDispose]() {
      child.kill('SIGTERM');
      await closed;
    },
  };
}

async function accepts(host: string, url: string | null): Promise<boolean> {
  const socket = connect({ host, port: Number(new URL(url ?? '').port) });
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

describe('a service', () => {
  it('keeps idle connections for longer than the load does, so that no operation meets one that closes', async () => {
    await using echo = await startEcho({});
    const response = await fetch(new URL('/health/live', echo.url ?? ''));
    await response.text();
    expect(Number(/timeout=(\d+)/.exec(response.headers.get('keep-alive') ?? '')?.[1])).toBeGreaterThan(60);
  });

  it.skipIf(elsewhere === undefined)('can be reached on loopback and nowhere else', async () => {
    await using echo = await startEcho({});
    expect(await accepts('127.0.0.1', echo.url)).toBe(true);
    expect(await accepts(elsewhere as string, echo.url)).toBe(false);
  });

  // The control of the test above, for as long as one connection takes.
  it.skipIf(elsewhere === undefined)('can be reached on every address if LISTEN_HOST is 0.0.0.0', async () => {
    await using echo = await startEcho({ LISTEN_HOST: '0.0.0.0' });
    expect(await accepts('127.0.0.1', echo.url)).toBe(true);
    expect(await accepts(elsewhere as string, echo.url)).toBe(true);
  });

  it('does not start on any other address, and names the variable', async () => {
    await using echo = await startEcho({ LISTEN_HOST: '192.0.2.1' });
    expect(echo.url).toBeNull();
    expect(await echo.code).not.toBe(0);
    expect(echo.stderr()).toMatch(/LISTEN_HOST: .*127\.0\.0\.1/);
  });

  it('answers its health routes itself, and leaves every other request to its handler', async () => {
    await using echo = await startEcho({});
    const ask = async (path: string) => {
      const response = await fetch(`${echo.url}${path}`);
      return [response.status, await response.text()];
    };
    expect(await ask('/health/ready')).toEqual([200, 'ready']);
    expect(await ask('/health/live')).toEqual([200, 'live']);
    expect(await ask('/health/else')).toEqual([200, '/health/else']);
  });
});
