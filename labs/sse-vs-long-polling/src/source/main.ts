/** Starts the source. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { createSource } from './app.ts';

const environment = parseEnvironment(
  z.object({
    PORT: portSchema,
    FEED_URL: z.url(),
    MESSAGE_BYTES: z.coerce.number().int().min(0).max(1_000_000).default(100),
  }),
);

await runService({
  name: 'source',
  port: environment.PORT,
  start: () => createSource({ feedUrl: environment.FEED_URL, messageBytes: environment.MESSAGE_BYTES }),
});
