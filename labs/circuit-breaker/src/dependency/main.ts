/** Starts the dependency. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { createDependency } from './app.ts';

const environment = parseEnvironment(
  z.object({
    PORT: portSchema,
    SERVICE_MS: z.coerce.number().nonnegative().default(20),
    WORKERS: z.coerce.number().positive().default(Number.POSITIVE_INFINITY),
    SHARDS: z.coerce.number().int().positive().default(1),
  }),
);

await runService({
  name: 'dependency',
  port: environment.PORT,
  start: async () => ({
    handle: createDependency({
      serviceMs: environment.SERVICE_MS,
      workers: environment.WORKERS,
      shards: environment.SHARDS,
    }),
  }),
});
