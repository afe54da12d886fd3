/** `./lab status`: what `up` started, and whether it answers now. Read next: ../up/health.ts. */
import type { Command } from 'commander';
import { clearDead } from '../up/dead-keepers.ts';
import { healthOf } from '../up/health.ts';
import { renderStatus, upAsJson } from '../up/render.ts';
import { labsOnDisk } from '../up/up-folder.ts';

export function register(program: Command): void {
  program
    .command('status')
    .description('what is up, where, and whether it answers')
    .option('--json', 'print it as JSON')
    .addHelpText('after', '\nExamples:\n  ./lab status\n  ./lab status --json')
    .action(status);
}

async function status({ json = false }: { json?: boolean }): Promise<void> {
  for (const line of await clearDead()) process.stderr.write(`${line}\n`);
  const all = await Promise.all(
    labsOnDisk().map(async (one) => ({ ...one, health: await healthOf(one.state?.entries ?? []) })),
  );
  if (json) {
    const rows = all.map(({ request, state, health }) =>
      state === null ? { ...request, since: null, entries: [] } : { ...upAsJson(state), entries: health },
    );
    process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
    return;
  }
  if (all.length === 0) process.stdout.write('Nothing is up. ./lab up LAB starts the servers and services of a lab.\n');
  for (const { request, state, health } of all) {
    const starting = `${request.lab}: experiment ${request.experiment}, variant ${request.variant}, starting\n`;
    process.stdout.write(state === null ? starting : renderStatus(state, health));
  }
}
