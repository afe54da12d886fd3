/** `./lab down [LAB]`: ends what `up` started, all of it, and says what that was. Read next: ../up/end-lab.ts. */
import type { Command } from 'commander';
import { labNames } from '../labs.ts';
import { requireName } from '../nearest.ts';
import { clearDead } from '../up/dead-keepers.ts';
import { endLab } from '../up/end-lab.ts';
import { labsOnDisk } from '../up/up-folder.ts';

export function register(program: Command): void {
  program
    .command('down [LAB]')
    .description('end what up started; of all labs without a name')
    .addHelpText(
      'after',
      `
Examples:
  ./lab down circuit-breaker
  ./lab down`,
    )
    .action(down);
}

async function down(typed: string | undefined): Promise<void> {
  const before = labsOnDisk();
  const known = [...new Set([...labNames(), ...before.map(({ lab }) => lab)])];
  const name = typed === undefined ? null : requireName('lab', typed, known);
  const cleared = await clearDead();
  for (const line of cleared) process.stdout.write(`${line}\n`);
  const wanted = labsOnDisk().filter(({ lab }) => name === null || lab === name);
  if (wanted.length === 0 && cleared.length === 0)
    process.stdout.write(name === null ? 'Nothing is up.\n' : `${name} is not up.\n`);
  const all = wanted.map(async (one) => process.stdout.write(`${await endLab(one)}\n`));
  // One that cannot be ended keeps no other from it.
  for (const one of await Promise.allSettled(all)) if (one.status === 'rejected') throw one.reason;
}
