/**
 * `./lab doctor`: what this machine has, what each lab needs, and what `.lab/` takes. Changes nothing.
 *
 * Read next: ../machine.ts (how programs are asked), ../disk-use.ts.
 */
import { EXIT } from '@backend-labs/experiment/engine';
import type { Command } from 'commander';
import { diskParts, formatBytes, freeBytes, inClone } from '../disk-use.ts';
import { findLabs } from '../labs.ts';
import { inspectMachine, type Tool } from '../machine.ts';
import { runsOnDisk } from '../run-leftovers.ts';
import { describeServer, inspectServers, missingServers, type ServerFinding } from '../servers.ts';

const EXAMPLES = `
Examples:
  ./lab doctor
  ./lab doctor --json

Exit code 0 if what the labs need is there, 4 if not. What is optional never counts.`;

interface LabFinding {
  name: string;
  needs: Record<string, number>;
  missing: string[];
  /** Experiments that will be skipped, as what they need beside the lab's servers cannot be had. */
  skipped: string[];
  /** Why lab.ts cannot be loaded; null if it can. */
  problem: string | null;
}

interface Diagnosis {
  tools: Tool[];
  servers: ServerFinding[];
  labs: LabFinding[];
  disk: { parts: { name: string; bytes: number }[]; totalBytes: number; freeBytes: number };
  runs: { folder: string; state: string; pid: number | null }[];
}

export function register(program: Command): void {
  program
    .command('doctor')
    .description('what this machine has, and what each lab needs')
    .option('--json', 'print it as JSON')
    .addHelpText('after', EXAMPLES)
    .action(async (options: { json?: true }) => {
      const diagnosis = await diagnose();
      process.stdout.write(options.json ? `${JSON.stringify(diagnosis, null, 2)}\n` : asText(diagnosis));
      const lacking = diagnosis.labs.some((lab) => lab.problem !== null || lab.missing.length > 0);
      const requiredMissing = diagnosis.tools.some((tool) => tool.required && tool.found === null);
      process.exitCode = lacking || requiredMissing ? EXIT.missing : EXIT.ok;
    });
}

async function diagnose(): Promise<Diagnosis> {
  const [tools, servers, labs] = await Promise.all([inspectMachine(), inspectServers(), findLabs()]);
  const parts = diskParts().map(({ name, bytes }) => ({ name, bytes }));
  return {
    tools,
    servers,
    labs: labs.map(({ name, definition, problem }) => {
      const needs = { ...definition?.needs } as Record<string, number>;
      const skipped = Object.entries(definition?.experiments ?? {}).flatMap(([experiment, { needs: further = {} }]) =>
        missingServers(Object.keys(further), servers).length > 0 ? [experiment] : [],
      );
      return { name, needs, missing: missingServers(Object.keys(needs), servers), skipped, problem };
    }),
    disk: { parts, totalBytes: parts.reduce((sum, { bytes }) => sum + bytes, 0), freeBytes: freeBytes() },
    runs: runsOnDisk().map(({ folder, state, pid }) => ({ folder: inClone(folder), state, pid })),
  };
}

export function asText({ tools, servers, labs, disk, runs }: Diagnosis): string {
  const lines = ['This machine'];
  const width = Math.max(...tools.map((tool) => tool.name.length));
  for (const tool of tools) {
    const state = tool.found ?? (tool.required ? 'MISSING' : 'not here');
    lines.push(`  ${tool.name.padEnd(width)}  ${state}${tool.required ? '' : ` (optional, for ${tool.purpose})`}`);
  }
  lines.push('', 'Servers, without Docker');
  for (const server of servers) lines.push(`  ${server.name.padEnd(width)}  ${describeServer(server)}`);
  lines.push('', 'Labs');
  if (labs.length === 0) lines.push('  none yet; ./lab new NAME makes one');
  for (const lab of labs) lines.push(`  ${lab.name}: ${describeLab(lab)}`);
  lines.push('', 'Disk');
  for (const part of disk.parts) lines.push(`  ${formatBytes(part.bytes).padStart(8)}  ${part.name}`);
  lines.push(`  ${formatBytes(disk.totalBytes).padStart(8)}  in all; ./lab clean --all removes it`);
  lines.push(`  ${formatBytes(disk.freeBytes).padStart(8)}  free`);
  if (runs.length > 0) lines.push('', 'Runs');
  for (const run of runs) {
    if (run.state === 'running') lines.push(`  ${run.folder}: going on (process ${run.pid})`);
    else if (run.state === 'kept') lines.push(`  ${run.folder}: kept for its logs; ./lab clean removes it`);
    else lines.push(`  ${run.folder}: left by a run that was killed; ./lab clean removes it`);
  }
  return `${lines.join('\n')}\n`;
}

function describeLab({ needs, missing, skipped, problem }: LabFinding): string {
  if (problem !== null) return `cannot be loaded: ${problem}`;
  const wanted = Object.entries(needs).map(([server, count]) => `${count} × ${server}`);
  const without = skipped.length === 0 ? '' : `; without ${skipped.join(', ')}, for want of a server above`;
  if (missing.length === 0) return `ready, needs ${wanted.length === 0 ? 'no server' : wanted.join(', ')}${without}`;
  return `MISSING ${missing.join(', ')}: see the servers above`;
}
