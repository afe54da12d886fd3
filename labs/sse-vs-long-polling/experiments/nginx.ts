/**
 * nginx between subscribers and the feed, as an experiment wants it.
 *
 * nginx has to know the feed's port before it is started, so the port is chosen here and told to both.
 * Read next: proxy.ts.
 */
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { dirname, join } from 'node:path';
import type { PrepareContext } from '@backend-labs/experiment';

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const closed = once(server, 'close');
  server.close();
  await closed;
  return port;
}

export interface Nginx {
  /** For an experiment's `prepare`: writes the configuration, and starts nginx again with it. */
  prepare: (context: Pick<PrepareContext<unknown>, 'server'>) => Promise<void>;
  /** Where the feed has to listen, from then on. */
  feedPort: () => number;
}

/** `directives` are those of the location that leads to the feed. */
export function nginxWith(directives: readonly string[]): Nginx {
  let port = 0;
  return {
    feedPort: () => port,
    async prepare({ server }) {
      const nginx = server('nginx-1');
      const { UnsupportedError } = await import('@backend-labs/stack');
      if (nginx.logFile === null) throw new UnsupportedError('an nginx that somebody else runs is not configured here');
      port = await freePort();
      const lines = [`proxy_pass http://127.0.0.1:${port};`, ...directives];
      const location = `location / {\n${lines.map((line) => `  ${line}\n`).join('')}}\n`;
      await writeFile(join(dirname(nginx.logFile), 'server.d', 'feed.conf'), location);
      await nginx.restart();
    },
  };
}
