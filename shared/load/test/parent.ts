/** Starts a generator, prints its pid once it is sending, and waits to be killed. */
import { join } from 'node:path';
import { startGenerator } from '../start-generator.ts';
import { planFor } from './run-load.ts';

const operation = { kind: 'module' as const, file: join(import.meta.dirname, 'operations/echo.ts'), target: ['ok'] };
const generator = await startGenerator(planFor(operation, { durationMs: 600_000 }), {
  folder: process.argv[2] as string,
  onProgress: () => console.log(generator.pid),
});
await generator.run();
