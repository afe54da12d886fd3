/** Starts the dependency. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { createDependency } from './app.ts';

const environment = parseEnvironment(
  z.object({ PORT: portSchema, SERVICE_MS: z.coerce.number().nonnegative().default(20) }),
);

await runService({
  name: 'dependency',
  port: environment.PORT,
  start: async () => ({ handle: createDependency({ serviceMs: environment.SERVICE_MS }) }),
});
