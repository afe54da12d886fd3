/** Starts the referee. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { createReferee } from './app.ts';

const environment = parseEnvironment(
  z.object({
    PORT: portSchema,
    POSTGRES_URL: z.url(),
    /** Separated by commas, in the order in which the tellers have them. */
    REDIS_URLS: z
      .string()
      .transform((list) => list.split(','))
      .pipe(z.array(z.url()).min(1)),
    KEY_PREFIX: z.string().min(1).default('lab'),
    ACCOUNTS: z.coerce.number().int().positive().default(16),
  }),
);

await runService({
  name: 'referee',
  port: environment.PORT,
  start: () =>
    createReferee({
      postgresUrl: environment.POSTGRES_URL,
      redisUrls: environment.REDIS_URLS,
      keyPrefix: environment.KEY_PREFIX,
      accounts: environment.ACCOUNTS,
    }),
});
