/** Starts a consumer with the variant of one file. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { loadVariant } from '../variant-file.ts';
import { createConsumer } from './app.ts';

const environment = parseEnvironment(
  z.object({
    PORT: portSchema,
    POSTGRES_URL: z.url(),
    KAFKA_URL: z.url(),
    TOPIC: z.string().min(1).default('orders'),
    GROUP_ID: z.string().min(1).default('view'),
    VARIANT_FILE: z.string().min(1),
  }),
);
const variant = await loadVariant(environment.VARIANT_FILE);

await runService({
  name: 'consumer',
  port: environment.PORT,
  start: ({ logger }) =>
    createConsumer({
      postgresUrl: environment.POSTGRES_URL,
      kafkaUrl: environment.KAFKA_URL,
      topic: environment.TOPIC,
      groupId: environment.GROUP_ID,
      variant,
      logger,
    }),
});
