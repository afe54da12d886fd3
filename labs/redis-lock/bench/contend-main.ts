/**
 * Measures one variant in this process: its first argument holds a Task as JSON, and it prints Measurement[].
 *
 * With the teller's own clients (src/teller/update-context.ts) and without its HTTP. Read next: contend.ts.
 */
import { writeFile } from 'node:fs/promises';
import { Session } from 'node:inspector/promises';
import { pathToFileURL } from 'node:url';
import type { Update, UpdateContext } from '../src/contract.ts';
import { openContexts } from '../src/teller/update-context.ts';
import { contend, type Measurement } from './contend.ts';
import { withoutWork } from './empty-work.ts';

export interface Task {
  variantFile: string;
  redisUrls: readonly string[];
  postgresUrl: string;
  keyPrefix: string;
  settings: UpdateContext['settings'];
  /** How many contenders, in this order, in each round. */
  levels: readonly number[];
  rounds: number;
  warmUpMs: number;
  durationMs: number;
  work: 'none' | 'real';
  sameAccount: boolean;
  /** Sends what is asked for in one turn of the event loop together; a setting of the client's. */
  autoPipelining?: boolean;
  /** Where to write a CPU profile of everything after the warm-up. */
  profileFile?: string;
}

async function measure(task: Task): Promise<Measurement[]> {
  const { variantFile, levels, rounds, warmUpMs, durationMs, work, sameAccount, profileFile } = task;
  const { default: update } = (await import(pathToFileURL(variantFile).href)) as { default: Update };
  // A connection to Postgres for each contender, so that nobody waits for one.
  const contexts = await openContexts({ ...task, poolSize: Math.max(...levels) });
  try {
    const { redisNodes } = contexts.contextFor({ operation: 0, account: 0, signal: new AbortController().signal });
    for (const node of redisNodes) node.options.enableAutoPipelining = task.autoPipelining ?? false;
    const through = work === 'none' ? withoutWork : (context: UpdateContext) => context;
    const common = { update, contexts, through, sameAccount };
    // With the most contenders: code is compiled and connections are open.
    await contend({ ...common, contenders: Math.max(...levels), durationMs: warmUpMs });
    const profiler = profileFile === undefined ? null : await startProfiler();
    const measured: Measurement[] = [];
    for (let round = 0; round < rounds; round++) {
      for (const contenders of levels) measured.push(await contend({ ...common, contenders, durationMs }));
    }
    if (profiler !== null) await writeFile(profileFile as string, JSON.stringify(await profiler.stop()));
    return measured;
  } finally {
    await contexts.close();
  }
}

/** What `node --cpu-prof` uses, begun later: the start of the process and the compiler are not the lock's. */
async function startProfiler() {
  const session = new Session();
  session.connect();
  await session.post('Profiler.enable');
  await session.post('Profiler.start');
  return { stop: async () => (await session.post('Profiler.stop')).profile };
}

const measured = await measure(JSON.parse(process.argv[2] ?? '') as Task);
// What still tries for an update that was given up would keep this process for as long as it tries.
process.stdout.write(JSON.stringify(measured), () => process.exit());
