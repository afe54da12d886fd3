/**
 * `./lab up LAB`: the servers and services of one experiment, for poking by hand; they stay when this command has ended.
 *
 * Where everything is goes to stdout, progress to stderr. Read next: ../up/keeper-process.ts, ../up/keeper.ts.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { EXIT, MissingError, UsageError } from '@backend-labs/experiment/engine';
import { type Command, Option } from 'commander';
import { requireLab } from '../labs.ts';
import { clearDead } from '../up/dead-keepers.ts';
import { healthOf } from '../up/health.ts';
import { startKeeper } from '../up/keeper-process.ts';
import { orNoSpace } from '../up/no-space.ts';
import { renderUp, upAsJson } from '../up/render.ts';
import { differenceFrom, requestOf, type UpFlags } from '../up/request.ts';
import { onDisk, type UpOnDisk, type UpRequest, type UpState } from '../up/up-folder.ts';

/** As long as the keeper itself has: it may fetch servers. */
const OTHERS_DEADLINE_MS = 16 * 60_000;
const POLL_MS = 100;

export function register(program: Command): void {
  program
    .command('up LAB')
    .description("start a lab's servers and services, for poking by hand")
    .option('--experiment <name>', 'the experiment whose services to start; the first that run runs by default')
    .option('--variant <name|file>', "one variant, or a file of yours that implements the lab's src/contract.ts")
    .addOption(new Option('--stack <provider>', 'where the servers come from').choices(['native', 'external']))
    .option('--json', 'print it as JSON')
    .addHelpText(
      'after',
      `
What is up stays up until ./lab down. A second up of the same lab prints where everything is and starts nothing.

Examples:
  ./lab up circuit-breaker
  ./lab up redis-lock --experiment contention --variant token
  ./lab up redis-lock --json
  ./lab status`,
    )
    .action(up);
}

async function up(name: string, flags: UpFlags & { json?: true }): Promise<void> {
  const request = requestOf(await requireLab(name), flags);
  for (const line of await clearDead()) process.stderr.write(`${line}\n`);
  const interruption = new AbortController();
  const interrupt = () => {
    // The keeper sees our end and ends by itself.
    if (interruption.signal.aborted) process.exit(EXIT.interrupted);
    process.stderr.write('\nInterrupted: ending what was started. Again to leave at once.\n');
    interruption.abort();
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, interrupt);
  try {
    const state = await bringUp(request, flags, interruption.signal);
    if (state === null) process.exitCode = EXIT.interrupted;
    else process.stdout.write(flags.json ? `${JSON.stringify(upAsJson(state), null, 2)}\n` : renderUp(state));
  } finally {
    for (const signal of signals) process.off(signal, interrupt);
  }
}

/** Starts it unless it is up; null if it was interrupted. Throws UsageError if something else of the lab is up. */
async function bringUp(request: UpRequest, flags: UpFlags, signal: AbortSignal): Promise<UpState | null> {
  const { lab } = request;
  const existing = onDisk(lab);
  if (existing === null) {
    process.stderr.write(`${lab}: experiment ${request.experiment}, variant ${request.variant}\n`);
    const outcome = await startKeeper(request, {
      signal,
      onProgress: (line) => process.stderr.write(`  ${line}\n`),
    }).catch((error) => {
      throw orNoSpace(error);
    });
    if (outcome === 'ended') {
      if (!signal.aborted) process.stderr.write(`${lab} was ended while it started.\n`);
      return null;
    }
    const started = onDisk(lab);
    if (outcome === 'up' && started?.state) return started.state;
    if (started === null) throw new MissingError(`${lab} was ended right after it had started. Call it again.`);
    return useExisting(started, request, flags, signal);
  }
  return useExisting(existing, request, flags, signal);
}

async function useExisting(
  existing: UpOnDisk,
  request: UpRequest,
  flags: UpFlags,
  signal: AbortSignal,
): Promise<UpState | null> {
  const { lab, request: there } = existing;
  const difference = differenceFrom(there, request, flags);
  if (difference !== null) {
    throw new UsageError(
      `${lab} is up with the experiment ${there.experiment}, variant ${there.variant}, ${there.provider} servers. For ${difference}: ./lab down ${lab} first.`,
    );
  }
  const state = await untilUp(existing, signal);
  if (state === null) return null;
  process.stderr.write(`${lab} was up already; nothing was started.\n`);
  const broken = (await healthOf(state.entries)).filter(({ condition }) =>
    ['gone', 'stopped', 'does not answer'].includes(condition),
  );
  for (const { name, condition } of broken) {
    process.stderr.write(
      `But ${name} ${condition === 'does not answer' ? condition : `is ${condition}`}: ./lab logs ${lab} ${name} shows its last lines; down and up start it anew.\n`,
    );
  }
  return state;
}

/** Waits for another `up` of the same lab; null if we were interrupted. */
async function untilUp({ lab, state }: UpOnDisk, signal: AbortSignal): Promise<UpState | null> {
  if (state !== null) return state;
  process.stderr.write(`Another ./lab up ${lab} is starting it; waiting.\n`);
  const deadlineMs = performance.now() + OTHERS_DEADLINE_MS;
  while (!signal.aborted) {
    const now = onDisk(lab);
    if (now?.state) return now.state;
    if (now === null || !now.isKept || performance.now() > deadlineMs)
      throw new MissingError(`The other ./lab up ${lab} did not get it up. Call it again.`);
    await delay(POLL_MS);
  }
  return null;
}
