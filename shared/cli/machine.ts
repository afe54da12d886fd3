/**
 * What programs this machine has, asked of each one itself.
 *
 * Invariant: no question takes longer than its deadline, not even of a program that hangs or leaves its children
 * holding the pipe, as a Docker client without an engine and some version managers' shims do.
 */
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stateFolder } from './folders.ts';

export interface Tool {
  name: string;
  /** Its version, and where it is if that is not obvious; null if it is not there or does not answer. */
  found: string | null;
  required: boolean;
  /** What it is good for. */
  purpose: string;
}

/** Asks all at once. */
export function inspectMachine(): Promise<Tool[]> {
  const optional = async (name: string, purpose: string, ...commands: string[][]): Promise<Tool> => {
    for (const [program = '', ...args] of commands) {
      const said = await ask(program, args);
      if (said !== null) return { name, found: said, required: false, purpose };
    }
    return { name, found: null, required: false, purpose };
  };
  return Promise.all([
    { name: 'Node', found: `${process.version.slice(1)} (${process.execPath})`, required: true, purpose: 'all' },
    { name: 'pnpm', found: fetchedPnpm(), required: false, purpose: 'installing the packages; ./lab fetches it' },
    optional('npm', 'fetching Node and pnpm', ['npm', '--version']),
    optional('git', 'naming the commit in a result', ['git', '--version']),
    optional('Docker client', 'servers in containers', ['docker', '--version']),
    optional('Docker engine', 'servers in containers', ['docker', 'version', '--format', '{{.Server.Version}}']),
    optional('Go', 'building k6', ['go', 'version']),
    optional('k6', 'load-test scripts, and ./lab bench load', ['k6', 'version']),
    optional('Java', 'Kafka without Docker', ['java', '-version']),
    optional('Maven', 'fetching Kafka', ['mvn', '--version']),
    optional('pip', 'fetching a Redis or Java without Docker', ['pip', '--version'], ['pip3', '--version']),
    optional(
      'Chromium',
      'testing the HTML report',
      ['chromium', '--version'],
      ['google-chrome', '--version'],
      ['chromium-browser', '--version'],
    ),
  ]);
}

/**
 * The first line with a digit that a program prints, on stdout or else stderr; null if it is not there, fails or takes
 * longer than the deadline. `docker version` without an engine fails, which is the answer that is wanted.
 */
export function ask(program: string, args: readonly string[], deadlineMs = 2_000): Promise<string | null> {
  return new Promise((resolve) => {
    // Elsewhere than in the clone, whose package.json tells npm to refuse.
    const child = spawn(program, args, { cwd: tmpdir(), stdio: ['ignore', 'pipe', 'pipe'], detached: true });
    let stdout = '';
    let stderr = '';
    const answer = (said: string | null) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      child.unref();
      resolve(said);
    };
    const timer = setTimeout(() => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL'); // its children too
      } catch {
        // gone this very moment
      }
      answer(null);
    }, deadlineMs);
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    child.once('error', () => answer(null));
    child.once('close', (code) => {
      const line = `${stdout}\n${stderr}`.split('\n').find((text) => /\d/.test(text));
      answer(code === 0 && line !== undefined ? shorten(line) : null);
    });
  });
}

/** The version number and what follows it, without the program's own name in front. */
function shorten(line: string): string {
  return /\d+(\.\d+)+[\w.+-]*/.exec(line)?.[0] ?? line.trim();
}

function fetchedPnpm(): string | null {
  try {
    const file = join(stateFolder, 'pnpm', 'node_modules', 'pnpm', 'package.json');
    return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
  } catch {
    return null;
  }
}
