/** Starts a relay with the variant of one file. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { loadVariant } from '../variant-file.ts';
import { createRelay } from './app.ts';

const count = z.coerce.number().int().positive();
const environment = parseEnvironment(
  z.object({
    PORT: portSchema,
    POSTGRES_URL: z.url(),
    KAFKA_URL: z.url(),
    TOPIC: z.string().min(1).default('orders'),
    DATA_NAME: z
      .string()
      .regex(/^[a-z][a-z0-9_]*$/)
      .default('lab'),
    VARIANT_FILE: z.string().min(1),
    BATCH_SIZE: count.default(100),
    POLL_INTERVAL_MS: count.default(50),
    RELAY_INDEX: z.coerce.number().int().nonnegative().default(0),
    RELAYS: count.default(1),
  }),
);
const variant = await loadVariant(environment.VARIANT_FILE);

await runService({
  name: 'relay',
  port: environment.PORT,
  start: ({ logger }) =>
    createRelay({
      postgresUrl: environment.POSTGRES_URL,
      kafkaUrl: environment.KAFKA_URL,
      topic: environment.TOPIC,
      dataName: environment.DATA_NAME,
      variant,
      settings: {
        batchSize: environment.BATCH_SIZE,
        pollIntervalMs: environment.POLL_INTERVAL_MS,
        relayIndex: environment.RELAY_INDEX,
        relays: environment.RELAYS,
      },
      logger,
    }),
});
