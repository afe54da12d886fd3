/** Starts an observer. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { createObserver } from './app.ts';

const environment = parseEnvironment(z.object({ PORT: portSchema, POSTGRES_URL: z.url() }));

await runService({
  name: 'observer',
  port: environment.PORT,
  start: () => createObserver({ postgresUrl: environment.POSTGRES_URL }),
});
