/** Starts the service with the variant of one file. */
import { pathToFileURL } from 'node:url';
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import type { CreateAdd } from '../contract.ts';
import { createApp } from './app.ts';

const duration = z.coerce.number().nonnegative();
const { PORT, VARIANT_FILE, ARRIVE_MS, THINK_MS } = parseEnvironment(
  z.object({ PORT: portSchema, VARIANT_FILE: z.string().min(1), ARRIVE_MS: duration, THINK_MS: duration }),
);
const { default: createAdd } = (await import(pathToFileURL(VARIANT_FILE).href)) as { default: CreateAdd };

await runService({
  name: 'list',
  port: PORT,
  start: async () => ({ handle: createApp(createAdd, { arriveMs: ARRIVE_MS, thinkMs: THINK_MS }) }),
});
