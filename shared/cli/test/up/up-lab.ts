/**
 * Drives `up`, `down`, `status` and `logs` in processes of their own, on a state folder that only this test has.
 *
 * Invariant: what is up is gone when the scope ends, whatever the test found. The fetched servers are everybody's.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { availabilityOf, SERVER_KINDS, type ServerKind, ToolFolder } from '@backend-labs/stack';
import { workspaceFolder } from '../../folders.ts';
import { type Ended, isAlive, Lab, type Settings } from '../run/lab-command.ts';

/** Labs with servers, and one that never gets up. */
export const UP_LABS = fileURLToPath(new URL('./labs', import.meta.url));

const stateFolder = join(workspaceFolder, '.lab');

/** Which of these kinds would have to be fetched first. */
export async function notFetched(kinds: readonly ServerKind[] = SERVER_KINDS): Promise<ServerKind[]> {
  const tools = new ToolFolder({ stateFolder, log: () => {} });
  const found = await Promise.all(kinds.map((kind) => availabilityOf(kind, tools)));
  return kinds.filter((_, index) => found[index]?.state !== 'there');
}

export interface Upped {
  lab: string;
  experiment: string;
  variant: string;
  keeperPid: number;
  dataName: string | null;
  entries: { kind: string; name: string; url: string; pid: number | null }[];
  example: string | null;
  logs: string;
}

export interface Started {
  pid: number;
  name: string;
}

export class UpLab extends Lab {
  constructor() {
    super();
    mkdirSync(this.state);
    for (const name of ['tools', 'cache']) {
      const shared = join(stateFolder, name);
      mkdirSync(shared, { recursive: true });
      symlinkSync(shared, join(this.state, name));
    }
  }

  folderOf(lab: string): string {
    return join(this.state, 'up', lab);
  }

  /** What is there below `up/`, prepared folders too. */
  folders(): string[] {
    const up = join(this.state, 'up');
    return existsSync(up) ? readdirSync(up) : [];
  }

  /** Brings a lab up and returns what was printed as JSON. */
  async up(args: readonly string[], settings: Settings = {}): Promise<Upped & { ended: Ended }> {
    const ended = await this.run(['up', ...args, '--json'], settings);
    if (ended.code !== 0) throw new Error(`up ended with ${ended.code}:\n${ended.stderr}`);
    return { ...(JSON.parse(ended.stdout) as Upped), ended };
  }

  /** The keeper of a lab. */
  keeper(lab: string): number {
    return (JSON.parse(readFileSync(join(this.folderOf(lab), 'engine.json'), 'utf8')) as Started).pid;
  }

  /** What its keeper has written down. */
  started(lab: string): Started[] {
    const file = join(this.folderOf(lab), 'processes.jsonl');
    if (!existsSync(file)) return [];
    return readFileSync(file, 'utf8')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Started);
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    for (const lab of this.folders()) {
      const pids = [...this.started(lab).map(({ pid }) => pid)];
      if (existsSync(join(this.folderOf(lab), 'engine.json'))) pids.unshift(this.keeper(lab));
      for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL');
    }
    await super[Symbol.asyncDispose]();
  }
}
