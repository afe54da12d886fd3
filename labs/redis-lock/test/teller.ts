/** A teller in front of a database of its own, with an update of the test's choice, inside the test's process. */
import { listen } from '@backend-labs/testbed';
import type { Update, UpdateContext } from '../src/contract.ts';
import { createTeller, type TellerOptions } from '../src/teller/app.ts';
import { type Servers, settings } from './servers.ts';

/** An update that takes no lock. */
export const unprotected: Update = async (_account, think, { account, holding }) => {
  await holding(async () => account.write((await account.read()) + (await think())), 5);
  return 'written';
};

/** Listens on a port of its own until it is disposed of. */
export async function startTeller(servers: Servers, update: Update, options: Partial<TellerOptions> = {}) {
  const teller = await createTeller({
    update,
    settings,
    thinkMs: 1,
    accounts: 4,
    contenders: 2,
    keyPrefix: 'test',
    poolSize: 4,
    redisUrls: servers.redisUrls,
    postgresUrl: options.postgresUrl ?? (await servers.freshDatabase()),
    ...options,
  });
  return listen(teller);
}

export const deposit = { method: 'POST' };

/** Hands out the context of one deposit, and ends it when the work is done. */
export async function withContext<T>(
  servers: Servers,
  options: Partial<TellerOptions>,
  work: (context: UpdateContext) => Promise<T>,
) {
  let result: Promise<T> | undefined;
  await using teller = await startTeller(
    servers,
    async (_account, _think, context) => {
      result = work(context);
      await result;
      return 'written';
    },
    options,
  );
  await teller.ask('/deposits/5', deposit);
  return await (result as Promise<T>);
}
