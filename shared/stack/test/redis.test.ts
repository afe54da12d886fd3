import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { isOpen } from '../ports.ts';
import { isRunning, missing, started } from './started.ts';

/** One command in the inline form; the whole answer. */
function ask(port: number, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', port });
    socket.setEncoding('utf8');
    socket.once('connect', () => socket.write(`${command}\r\n`));
    socket.once('data', (text: string) => {
      socket.destroy();
      resolve(text.trim());
    });
    socket.once('error', reject);
  });
}

const why = await missing('redis');

describe.skipIf(why !== null)(`redis${why === null ? '' : `: ${why}`}`, () => {
  test('five of them run side by side, each with data of its own', async () => {
    await using run = await started({ redis: 5 });
    const { servers } = run.stack;
    expect(servers.map(({ name }) => name)).toEqual(['redis-1', 'redis-2', 'redis-3', 'redis-4', 'redis-5']);
    await Promise.all(servers.map(({ port, name }) => ask(port, `SET who ${name}`)));
    const said = await Promise.all(servers.map(({ port }) => ask(port, 'GET who')));
    expect(said.map((one) => one.split('\r\n')[1])).toEqual(servers.map(({ name }) => name));
  });

  test.each(['stop', 'kill'] as const)(
    'after %s its port is closed, and after start what was acknowledged is there',
    async (end) => {
      await using run = await started({ redis: 1 });
      const server = run.first('redis');
      const { port, url } = server;
      expect(await ask(port, 'SET kept yes')).toBe('+OK');
      await server[end]();
      expect(await isOpen(port)).toBe(false);
      await server.start();
      expect([server.port, server.url]).toEqual([port, url]);
      expect(await ask(port, 'GET kept')).toContain('yes');
    },
  );

  test('paused it answers nothing, and resumed it answers what was asked meanwhile', async () => {
    await using run = await started({ redis: 1 });
    const server = run.first('redis');
    await server.pause();
    let answered = false;
    const asked = ask(server.port, 'SET late yes').then((said) => {
      answered = true;
      return said;
    });
    // The connection is taken by the kernel: only the answer is missing.
    expect(await isOpen(server.port)).toBe(true);
    expect(answered).toBe(false);
    await server.resume();
    expect(await asked).toBe('+OK');
  });

  test('nothing of it is left after its run, paused or not', async () => {
    let pids: number[] = [];
    {
      await using run = await started({ redis: 2 });
      await run.first('redis').pause();
      pids = run.pids;
    }
    expect(pids.map(isRunning)).toEqual(pids.map(() => false));
  });

  test('it says its version and how much memory it has', async () => {
    await using run = await started({ redis: 1 });
    const server = run.first('redis');
    expect(server.version).toMatch(/^(Redis|Valkey) \d+\.\d+/);
    expect(await server.memoryBytes()).toBeGreaterThan(1_000_000);
  });
});
