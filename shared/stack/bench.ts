/**
 * `./lab bench stack`: how long each server takes to its first answered operation, from its start and after a SIGKILL.
 *
 * Programs are fetched and data folders made before anything is timed: what is measured is what each variant of an
 * experiment pays. Read next: native/server-process.ts (what "ready" is).
 */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bench, BenchContext, BenchPart } from '@backend-labs/load';
import { RECIPES } from './native/recipes.ts';
import { SERVER_KINDS, type ServerKind } from './server.ts';
import { startStack } from './stack.ts';

/** What was reached by hand with the same programs on two cores, in seconds; null where nobody has tried. */
const LIMITS: Record<ServerKind, { startS: number | null; killedS: number | null }> = {
  redis: { startS: 0.1, killedS: null },
  postgres: { startS: 0.3, killedS: 1 },
  kafka: { startS: 2.5, killedS: 4 },
  rabbitmq: { startS: 4.5, killedS: 5 },
  nginx: { startS: null, killedS: null },
};
const FIVE_REDIS_S = 0.4;
const ROUNDS = 5;
const QUICK_ROUNDS = 1;

interface Times {
  startMs: number[];
  killedMs: number[];
  memoryBytes: number;
  version: string;
}

const median = (values: readonly number[]) =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? Number.NaN;
const seconds = (ms: number) => Number((ms / 1000).toPrecision(3));

const bench: Bench = async (context) => {
  const rounds = context.quick ? QUICK_ROUNDS : ROUNDS;
  const rows: (string | number)[][] = [];
  const parts: BenchPart[] = [];
  for (const kind of SERVER_KINDS) {
    context.log(`${kind}: ${rounds} round(s)`);
    const times = await measure(kind, rounds, context);
    const [start, killed] = [seconds(median(times.startMs)), seconds(median(times.killedMs))];
    rows.push([
      kind,
      times.version,
      start,
      killed,
      Math.round(times.memoryBytes / 1e6),
      Math.round(RECIPES[kind].downloadBytes / 1e6),
    ]);
    const { startS, killedS } = LIMITS[kind];
    if (startS !== null) parts.push(within(`${kind}: start to ready`, start, startS));
    if (killedS !== null) parts.push(within(`${kind}: SIGKILL to ready`, killed, killedS));
  }
  const five: number[] = [];
  for (let round = 0; round < rounds; round++) five.push(await startMs({ redis: 5 }, context));
  parts.push(within('redis: five at once', seconds(median(five)), FIVE_REDIS_S));
  const columns = ['server', 'version', 'start s', 'SIGKILL to ready s', 'RSS MB', 'download MB'];
  return { name: 'stack', tables: [{ title: 'To the first answered operation, median', columns, rows }], parts };
};

function within(name: string, measuredS: number, limitS: number): BenchPart {
  return { name, met: measuredS <= limitS, detail: `${measuredS} s, at most ${limitS} s` };
}

let started = 0;

async function start(needs: Partial<Record<ServerKind, number>>, context: BenchContext) {
  started += 1;
  const folder = join(context.folder, `stack-${started}`);
  await mkdir(folder);
  return startStack({
    needs,
    provider: 'native',
    folder,
    stateFolder: context.stateFolder,
    signal: context.signal,
    log: context.log,
  });
}

async function startMs(needs: Partial<Record<ServerKind, number>>, context: BenchContext): Promise<number> {
  const fromMs = performance.now();
  await using _stack = await start(needs, context);
  return performance.now() - fromMs;
}

async function measure(kind: ServerKind, rounds: number, context: BenchContext): Promise<Times> {
  // Once untimed: it fetches, and makes the template of the data folder.
  await startMs({ [kind]: 1 }, context);
  const times: Times = { startMs: [], killedMs: [], memoryBytes: 0, version: '' };
  for (let round = 0; round < rounds; round++) {
    const fromMs = performance.now();
    await using stack = await start({ [kind]: 1 }, context);
    times.startMs.push(performance.now() - fromMs);
    const server = stack.server(`${kind}-1`);
    times.memoryBytes = (await server.memoryBytes()) ?? 0;
    times.version = server.version;
    const killedAtMs = performance.now();
    await server.kill();
    await server.start();
    times.killedMs.push(performance.now() - killedAtMs);
  }
  return times;
}

export default bench;
