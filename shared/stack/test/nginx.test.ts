import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { isOpen } from '../ports.ts';
import { missing, started } from './started.ts';

const why = await missing('nginx');

describe.skipIf(why !== null)(`nginx${why === null ? '' : `: ${why}`}`, () => {
  test('it serves what a lab puts into its folder, after a restart', async () => {
    await using run = await started({ nginx: 1 });
    const server = run.first('nginx');
    expect((await fetch(new URL('/hello', server.url))).ok).toBe(false);
    await writeFile(
      join(run.folder, server.name, 'server.d', 'hello.conf'),
      'location /hello { return 200 "hello"; }\n',
    );
    await server.restart();
    expect(await (await fetch(new URL('/hello', server.url))).text()).toBe('hello');
  });

  test.each(['stop', 'kill'] as const)('after %s its port is closed, and after start it serves again', async (end) => {
    await using run = await started({ nginx: 1 });
    const server = run.first('nginx');
    await server[end]();
    expect(await isOpen(server.port)).toBe(false);
    await server.start();
    expect((await fetch(new URL('/health/live', server.url))).status).toBe(200);
  });

  test('a configuration that is wrong is told with nginx’s own words', async () => {
    await using run = await started({ nginx: 1 });
    const server = run.first('nginx');
    await writeFile(join(run.folder, server.name, 'server.d', 'wrong.conf'), 'locatoin / { }\n');
    await expect(server.restart()).rejects.toThrow(/unknown directive "locatoin"/);
  });
});
