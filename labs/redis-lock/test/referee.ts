/** A referee with a key prefix of its own, clients of its nodes, and ways to read what it has seen. */
import { setTimeout as delay } from 'node:timers/promises';
import { listen } from '@backend-labs/testbed';
import { Redis } from 'ioredis';
import { type CommandsAnswer, createReferee, type RefereeOptions } from '../src/referee/app.ts';
import { grantsOf } from '../src/referee/grants.ts';
import { connectTo, type Servers } from './servers.ts';

let runs = 0;

/** Watches the nodes of these servers unless the options name others; its database is on these in any case. */
export async function startReferee(servers: Servers, options: Partial<RefereeOptions> = {}) {
  await using starting = new AsyncDisposableStack();
  const keyPrefix = `run${runs++}`;
  const redisUrls = options.redisUrls ?? servers.redisUrls;
  const postgresUrl = await servers.freshDatabase();
  const database = starting.use(connectTo(postgresUrl));
  const referee = starting.use(
    await listen(await createReferee({ postgresUrl, keyPrefix, accounts: 2, ...options, redisUrls })),
  );
  const clients = redisUrls.map((url) => {
    const client = new Redis(url, { retryStrategy: () => 20 });
    client.on('error', () => {});
    starting.defer(() => client.disconnect());
    return client;
  });
  const owned = starting.move();
  const commands = async () => (await referee.ask('/control/commands')).body as unknown as CommandsAnswer;
  return {
    referee,
    database,
    clients,
    redis: clients[0] as Redis,
    key: `${keyPrefix}:lock:0`,
    commands,
    /** Waits until so many commands were seen: they arrive on a connection of their own. */
    async seen(count: number) {
      for (;;) {
        const said = await commands();
        if (said.commands.length >= count) return said;
        await delay(10);
      }
    },
    /** All until now, of the first node. */
    async seenAll() {
      const end = `del ${keyPrefix}:end`;
      await clients[0]?.del(`${keyPrefix}:end`);
      for (;;) {
        const said = await commands();
        if (shown(said).includes(end)) return said;
        await delay(10);
      }
    },
    [Symbol.asyncDispose]: () => owned.disposeAsync(),
  };
}

/** The commands as somebody would type them. */
export const shown = ({ commands }: CommandsAnswer) => commands.map(({ command }) => command.join(' '));

/** The tokens that were granted, in their order. */
export const tokens = ({ commands, gaps }: CommandsAnswer) => grantsOf(commands, gaps).map(({ token }) => token);
