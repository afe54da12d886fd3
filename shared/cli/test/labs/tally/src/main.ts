/**
 * A list behind HTTP. POST /add adds the caller's operation id, GET /control/list tells the list, POST /control/slow
 * makes each answer later by so many milliseconds.
 *
 * JOURNAL names a file to which it writes what its tests ask for: that a fault was injected and healed.
 */
import { channel } from 'node:diagnostics_channel';
import { appendFileSync } from 'node:fs';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { setTimeout as delay } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import type { CreateAdd } from './contract.ts';

const duration = z.coerce.number().nonnegative();
const { PORT, VARIANT_FILE, ARRIVE_MS, THINK_MS, JOURNAL, CLOSES } = parseEnvironment(
  z.object({
    PORT: portSchema,
    VARIANT_FILE: z.string().min(1),
    ARRIVE_MS: duration,
    THINK_MS: duration,
    JOURNAL: z.string().default(''),
    CLOSES: z.enum(['at once', 'never']).default('at once'),
  }),
);
const thinking = channel('tally.thinking');
const thought = channel('tally.thought');

let list: readonly number[] = [];
let slowMs = 0;
let isFirst = true;

const { default: createAdd } = (await import(pathToFileURL(VARIANT_FILE).href)) as { default: CreateAdd };
const add = createAdd({
  read: () => list,
  write: (changed) => {
    list = changed;
  },
  think: async () => {
    thinking.publish({});
    await delay(THINK_MS);
    thought.publish({});
  },
});

await runService({
  name: 'list',
  port: PORT,
  start: async () => ({
    handle: (request, response) => void handle(request, response),
    // For the tests of a second Ctrl-C: a service that takes all the time it is given.
    close: () => (CLOSES === 'never' ? new Promise(() => {}) : Promise.resolve()),
  }),
});

async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
  if (request.url === '/control/list') {
    response.end(JSON.stringify(list));
  } else if (request.url === '/control/slow') {
    slowMs = Number(await text(request));
    note(`slow ${slowMs}`);
    response.end();
  } else {
    if (isFirst) note('first request');
    isFirst = false;
    await delay(ARRIVE_MS + slowMs);
    try {
      await add(Number(request.headers['operation-id']));
      response.end('added');
    } catch (error) {
      response.writeHead(500).end((error as Error).message);
    }
  }
}

function note(line: string): void {
  if (JOURNAL !== '') appendFileSync(JOURNAL, `${line}\n`);
}
