/**
 * One lab of one call: what is asked for, checked; the run; the result, saved and printed; the exit code.
 *
 * Invariant: a mistake in the call is found before anything is started.
 */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { isAbsolute, join, relative, resolve, sep } from 'node:path';
import {
  type Choice,
  clearLeftovers,
  EXIT,
  type ExitCode,
  exitCodeOfVerdict,
  type LoadedLab,
  type RunOptions,
  runLab,
  UsageError,
} from '@backend-labs/experiment/engine';
import type { Result } from '@backend-labs/experiment/result';
import { ReportWriteError, renderTerminal, serialiseResult, writeReport, writeWhole } from '@backend-labs/report';
import type { ProviderName } from '@backend-labs/stack';
import { resultFolder, runsFolder, stateFolder, workspaceFolder } from './folders.ts';
import { requireName } from './nearest.ts';
import { noSpace } from './no-space.ts';
import { createProgress } from './progress.ts';
import { variantFile } from './variant-file.ts';

export interface RunFlags {
  experiment?: string;
  variant?: string;
  mutants?: boolean;
  quick?: boolean;
  seed: number;
  repeat: number;
  explain?: string;
  stack?: ProviderName;
  json?: boolean;
  out?: string;
}

type Lab = Extract<LoadedLab, { problem: null }>;

/** What is asked of one lab, with every name found. */
interface Request {
  experiments: string[];
  choice: Choice;
}

/** Checks a call against a lab, and starts nothing. Throws UsageError. */
export function checkCall(lab: Lab, flags: RunFlags): Request {
  const experiments = experimentsOf(lab, flags);
  const choice = choiceOf(lab, experiments, flags);
  if (flags.explain !== undefined) requireName('claim', flags.explain, claimIds(lab, experiments));
  return { experiments, choice };
}

/** Runs it. Throws UsageError, MissingError, ServiceStartError, ReportWriteError; a verdict is an exit code. */
export async function runOneLab(
  lab: Lab,
  flags: RunFlags,
  { severalLabs, signal }: { severalLabs: boolean; signal: AbortSignal },
): Promise<{ result: Result; exitCode: ExitCode }> {
  const { experiments, choice } = checkCall(lab, flags);
  tellLeftovers();
  if (choice.kind === 'mutants') tellMissingMutants(lab, choice.files);

  const out = outFolder(lab, flags, severalLabs);
  const unfinished = join(out, 'unfinished.json');
  const progress = createProgress(process.stderr);
  let result: Result;
  try {
    result = await runLab({
      lab: lab.definition,
      labFolder: lab.folder,
      workspaceFolder,
      runsFolder,
      stateFolder,
      // Without a choice: what works everywhere.
      provider: flags.stack ?? 'native',
      experiments,
      choice,
      asked: askedOf(flags, choice),
      quick: flags.quick ?? false,
      seed: flags.seed,
      repeats: flags.repeat,
      signal,
      onEvent: (event) => progress.show(event),
      // Until the run is whole, what is known lies beside the last whole result and does not replace it.
      save: async (partial) => {
        if (partial.interrupted) await writeWhole(out, { 'unfinished.json': serialiseResult(partial) });
      },
    });
  } catch (error) {
    progress.end();
    // A report that could not be written says so itself.
    if (error instanceof ReportWriteError) throw error;
    throw (
      noSpace(error, { what: "the run's files", folder: runsFolder, also: '; earlier results are intact' }) ?? error
    );
  }
  progress.end();
  if (flags.json !== true) {
    const { columns, isTTY } = process.stdout;
    const colour = isTTY === true && process.env.NO_COLOR === undefined;
    const explain = flags.explain === undefined ? {} : { explain: flags.explain };
    process.stdout.write(`${renderTerminal(result, { colour, width: columns ?? 100, ...explain })}\n`);
  }
  if (choice.kind === 'mutants' && !result.interrupted && flags.json !== true)
    process.stdout.write(mutantSummary(result));
  if (result.interrupted) {
    // Without a finished variant a file there is an earlier run's.
    if (result.experiments.some(({ variants }) => variants.length > 0))
      process.stderr.write(`What had finished is in ${unfinished}\n`);
    return { result, exitCode: EXIT.interrupted };
  }
  const { json, html } = await writeReport(result, out);
  await rm(unfinished, { force: true });
  process.stderr.write(`Result: ${json}\nReport: ${html}\n`);
  return {
    result,
    exitCode: choice.kind === 'mutants' ? exitCodeOfMutants(result) : exitCodeOfVerdict(result.verdict),
  };
}

function experimentsOf(lab: Lab, { experiment: wanted, quick = false }: RunFlags): string[] {
  const all = Object.keys(lab.definition.experiments);
  if (wanted === 'all') return all;
  const { runByDefault = all, runByQuick = runByDefault } = lab.definition;
  if (wanted === undefined) return [...(quick ? runByQuick : runByDefault)];
  return [requireName(`experiment of ${lab.name}`, wanted, [...all, 'all'])];
}

function claimIds(lab: Lab, experiments: readonly string[]): string[] {
  return experiments.flatMap((name) => (lab.definition.experiments[name]?.claims ?? []).map(({ id }) => id));
}

function choiceOf(lab: Lab, experiments: readonly string[], flags: RunFlags): Choice {
  if (flags.mutants) {
    if (flags.variant !== undefined)
      throw new UsageError('--mutants and --variant are two different runs: give one of them.');
    const mutants = claimIds(lab, experiments).map((id) => [id, mutantFile(lab, id)] as const);
    return { kind: 'mutants', files: new Map(mutants.map(([id, file]) => [id, existsSync(file) ? file : null])) };
  }
  if (flags.variant === undefined) return { kind: 'all' };
  const file = variantFile(flags.variant);
  if (file !== null) return { kind: 'file', name: flags.variant, file };
  const name = requireName(`variant of ${lab.name}`, flags.variant, Object.keys(lab.definition.variants));
  const claimed = experiments.some((experiment) =>
    lab.definition.experiments[experiment]?.claims.some((claim) => claim.variant === name),
  );
  if (!claimed)
    throw new UsageError(
      `No claim is about the variant ${name}; run the lab without --variant to see it as a control.`,
    );
  return { kind: 'variant', name };
}

/** What was asked for, so that the call can be made again at the workspace, where `./lab` is. */
function askedOf(flags: RunFlags, choice: Choice): RunOptions['asked'] {
  return { experiment: flags.experiment ?? null, variant: variantAsked(choice), stack: flags.stack ?? null };
}

function variantAsked(choice: Choice): string | null {
  if (choice.kind === 'variant') return choice.name;
  if (choice.kind !== 'file') return null;
  // The call may have been made elsewhere: as it was typed, the file would not be found from the workspace.
  const path = relative(workspaceFolder, choice.file).split(sep).join('/');
  return path.startsWith('../') || isAbsolute(path) ? path : `./${path}`;
}

function mutantFile(lab: Lab, claimId: string): string {
  return join(lab.folder, 'test', 'mutants', `${claimId}.ts`);
}

function tellMissingMutants(lab: Lab, files: ReadonlyMap<string, string | null>): void {
  for (const [id, file] of files) {
    if (file === null)
      process.stderr.write(
        `The claim ${id} has no mutant: nobody has seen it fail. It would be ${mutantFile(lab, id)}\n`,
      );
  }
}

/** Only a plain run's result becomes the lab's latest; one variant or the mutants alone would hide it. */
function outFolder(lab: Lab, flags: RunFlags, severalLabs: boolean): string {
  if (flags.out !== undefined) {
    const given = resolve(process.env.BACKEND_LABS_CALLED_FROM ?? process.cwd(), flags.out);
    return severalLabs ? join(given, lab.name) : given;
  }
  if (flags.mutants) return join(resultFolder(lab.name), 'mutants');
  return flags.variant === undefined ? resultFolder(lab.name) : join(resultFolder(lab.name), 'variant');
}

/** Here a refuted claim is the good news, and the report's last line does not say so. */
function mutantSummary(result: Result): string {
  const claims = result.experiments.flatMap((experiment) => experiment.claims);
  const survivors = claims.filter(({ verdict }) => verdict === 'holds').map(({ id }) => id);
  const unclear = claims.filter(({ verdict }) => verdict === 'inconclusive').map(({ id }) => id);
  if (survivors.length > 0) return `\nMutants that survived, so these checks cannot fail: ${survivors.join(', ')}\n`;
  if (unclear.length > 0) return `\nMutants that could not be judged: ${unclear.join(', ')}\n`;
  const all = claims.length === 1 ? 'The mutant was' : `All ${claims.length} mutants were`;
  return `\n${all} refuted, as wanted: every check here can fail.\n`;
}

/** Every mutant must be refuted: one that holds is a check that cannot fail. */
function exitCodeOfMutants(result: Result): ExitCode {
  const verdicts = result.experiments.flatMap(({ claims }) => claims.map(({ verdict }) => verdict));
  if (verdicts.includes('holds')) return EXIT.refuted;
  return verdicts.includes('inconclusive') ? EXIT.inconclusive : EXIT.ok;
}

function tellLeftovers(): void {
  const { killed } = clearLeftovers(runsFolder);
  if (killed.length === 0) return;
  const names = killed.map(({ name, pid }) => `${name} (pid ${pid})`).join(', ');
  process.stderr.write(`An earlier run had left processes behind; they are ended now: ${names}\n`);
}
