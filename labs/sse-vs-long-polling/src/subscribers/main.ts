/** Starts subscribers with the variant of one file. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { loadVariant } from '../variant-file.ts';
import { createSubscribers } from './app.ts';

/** Separated by commas. */
const urls = z
  .string()
  .transform((list) => list.split(','))
  .pipe(z.array(z.url({ protocol: /^http$/ })).min(1));
const environment = parseEnvironment(
  z
    .object({
      PORT: portSchema,
      VARIANT_FILE: z.string().min(1),
      SUBSCRIBERS: z.coerce.number().int().min(1).max(100_000).default(1),
      /** Links or feeds, which say where to connect to. */
      TARGET_URLS: urls.optional(),
      /** Where to connect to. */
      PUBLIC_URLS: urls.optional(),
      RECONNECT_MS: z.coerce.number().nonnegative().default(500),
      SEED: z.coerce.number().int().default(1),
      FIRST_SUBSCRIBER: z.coerce.number().int().nonnegative().default(0),
    })
    .transform(({ TARGET_URLS: askAt, PUBLIC_URLS: publicUrls, ...rest }, { addIssue }) => {
      if (askAt !== undefined && publicUrls === undefined) return { ...rest, targets: { askAt } };
      if (publicUrls !== undefined && askAt === undefined) return { ...rest, targets: { publicUrls } };
      addIssue({ code: 'custom', path: ['TARGET_URLS'], message: 'either this or PUBLIC_URLS must be set' });
      return z.NEVER;
    }),
);
const variant = await loadVariant(environment.VARIANT_FILE);

await runService({
  name: 'subscribers',
  port: environment.PORT,
  start: async ({ logger }) => {
    const subscribers = await createSubscribers({
      variant,
      count: environment.SUBSCRIBERS,
      first: environment.FIRST_SUBSCRIBER,
      targets: environment.targets,
      reconnectMs: environment.RECONNECT_MS,
      seed: environment.SEED,
      logger,
    });
    // Without a place to connect to there is nothing to do here: not caught, it ends the process and is in its log.
    void subscribers.started;
    return subscribers;
  },
});
