/** `./lab list`: the labs, their questions, experiments and variants. */
import type { LabDefinition, Needs } from '@backend-labs/experiment';
import { EXIT } from '@backend-labs/experiment/engine';
import type { Command } from 'commander';
import { findLabs } from '../labs.ts';

export function register(program: Command): void {
  program
    .command('list')
    .description('the labs, their questions, experiments and variants')
    .option('--json', 'print JSON')
    .addHelpText('after', '\nExamples:\n  ./lab list\n  ./lab list --json')
    .action(list);
}

async function list({ json = false }: { json?: boolean }): Promise<void> {
  const labs = await findLabs();
  if (labs.some(({ problem }) => problem !== null)) process.exitCode = EXIT.usage;
  if (json) {
    const rows = labs.map(({ name, definition, problem }) => ({
      name,
      question: definition?.question ?? null,
      experiments: Object.keys(definition?.experiments ?? {}),
      variants: Object.keys(definition?.variants ?? {}),
      needs: definition?.needs ?? {},
      furtherNeeds: furtherNeedsOf(definition),
      problem,
    }));
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  for (const { name, definition, problem } of labs) {
    if (problem !== null) {
      process.stdout.write(`${name}\n  cannot be loaded: ${problem}\n\n`);
      continue;
    }
    const needs = Object.keys(definition.needs);
    process.stdout.write(`${name}\n  ${definition.question}\n`);
    for (const [experiment, { question, claims, needs: further = {} }] of Object.entries(definition.experiments)) {
      const wanted = Object.keys(further);
      const said = wanted.length === 0 ? '' : `, needs ${wanted.join(', ')}`;
      process.stdout.write(`  experiment ${experiment} (${claims.length} claims${said}): ${question}\n`);
    }
    for (const [variant, { summary }] of Object.entries(definition.variants)) {
      process.stdout.write(`  variant ${variant}: ${summary}\n`);
    }
    process.stdout.write(`  needs ${needs.length === 0 ? 'no server' : needs.join(', ')}\n\n`);
  }
}

/** By experiment, what it needs beside its lab's servers. */
function furtherNeedsOf(definition: LabDefinition | null): Record<string, Needs> {
  const all = Object.entries(definition?.experiments ?? {});
  return Object.fromEntries(all.flatMap(([name, { needs }]) => (needs === undefined ? [] : [[name, needs]])));
}
