/** Starts a teller with the variant of one file. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import type { Update } from '../contract.ts';
import { createTeller } from './app.ts';

const positive = z.coerce.number().positive();
const count = z.coerce.number().int().positive();
const environment = parseEnvironment(
  z.object({
    PORT: portSchema,
    POSTGRES_URL: z.url(),
    /** Separated by commas; the first is where a lock on one Redis lives. */
    REDIS_URLS: z
      .string()
      .transform((list) => list.split(','))
      .pipe(z.array(z.url()).min(1).max(5)),
    VARIANT_FILE: z.string().min(1),
    KEY_PREFIX: z.string().min(1).default('lab'),
    THINK_MS: z.coerce.number().nonnegative().default(50),
    TTL_MS: count.default(1000),
    RETRY_DELAY_MS: positive.default(20),
    ACQUIRE_TIMEOUT_MS: positive.default(1000),
    ACCOUNTS: count.default(16),
    CONTENDERS: count.default(2),
    /** Connections to Postgres. A lock that lives in a session holds one, and so does whoever waits for it. */
    POOL_SIZE: count.default(40),
  }),
);

const variant = (await import(pathToFileURL(resolve(environment.VARIANT_FILE)).href)) as { default?: Update };
const update = variant.default;
if (typeof update !== 'function') {
  throw new TypeError(`${environment.VARIANT_FILE} has no default export that updates an account; see src/contract.ts`);
}

await runService({
  name: 'teller',
  port: environment.PORT,
  start: () =>
    createTeller({
      postgresUrl: environment.POSTGRES_URL,
      redisUrls: environment.REDIS_URLS,
      keyPrefix: environment.KEY_PREFIX,
      poolSize: environment.POOL_SIZE,
      update,
      settings: {
        ttlMs: environment.TTL_MS,
        retryDelayMs: environment.RETRY_DELAY_MS,
        acquireTimeoutMs: environment.ACQUIRE_TIMEOUT_MS,
      },
      thinkMs: environment.THINK_MS,
      accounts: environment.ACCOUNTS,
      contenders: environment.CONTENDERS,
    }),
});
