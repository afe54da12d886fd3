/** Starts the shop with the variant of one file. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { loadVariant } from '../variant-file.ts';
import { createShop } from './app.ts';

const count = z.coerce.number().int().positive();
const environment = parseEnvironment(
  z.object({
    PORT: portSchema,
    POSTGRES_URL: z.url(),
    KAFKA_URL: z.url(),
    TOPIC: z.string().min(1).default('orders'),
    VARIANT_FILE: z.string().min(1),
    CUSTOMERS: count.default(100),
    /** To Postgres. */
    CONNECTIONS: count.default(20),
    SLOW_EVERY: z.coerce.number().int().nonnegative().default(0),
    SLOW_MS: z.coerce.number().nonnegative().default(0),
  }),
);
const variant = await loadVariant(environment.VARIANT_FILE);

await runService({
  name: 'shop',
  port: environment.PORT,
  start: () =>
    createShop({
      postgresUrl: environment.POSTGRES_URL,
      kafkaUrl: environment.KAFKA_URL,
      topic: environment.TOPIC,
      variant,
      customers: environment.CUSTOMERS,
      connections: environment.CONNECTIONS,
      slowEvery: environment.SLOW_EVERY,
      slowMs: environment.SLOW_MS,
    }),
});
