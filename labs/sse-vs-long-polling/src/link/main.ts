/** Starts the link. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { createLink } from './app.ts';

const environment = parseEnvironment(z.object({ PORT: portSchema, FEED_URL: z.url() }));

await runService({
  name: 'link',
  port: environment.PORT,
  start: () => createLink({ feedUrl: environment.FEED_URL }),
});
