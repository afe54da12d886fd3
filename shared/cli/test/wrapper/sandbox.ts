/**
 * A clone in a temporary folder and a PATH with nothing on it but coreutils and stubs of node, npm and (through npm)
 * pnpm, so that the wrapper's set-up runs for real, fails on demand, and downloads nothing.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { workspaceFolder } from '../../folders.ts';

/** What a machine with coreutils has, and all that the wrapper may use. Not grep, sed, awk, cmp, ps. */
const COREUTILS = 'cat cksum cp date env ls mkdir mv readlink rm rmdir sleep uname'.split(' ');

export interface End {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

export interface Sandbox extends Disposable {
  /** The clone. */
  home: string;
  bin: string;
  /** A folder beside the clone, to call from and to put links in. */
  elsewhere: string;
  /** Starts ./lab (or another path to it); `env` replaces or adds. */
  start(args?: string[], options?: CallOptions): ChildProcess & { ended: Promise<End> };
  run(args?: string[], options?: CallOptions): Promise<End>;
  /** What the stubs were called with, in order: `npm ci in node`, `pnpm install --frozen-lockfile`. */
  calls(): string[];
  /** Half-made things that a set-up must not leave: work folders and locks. */
  leftovers(): string[];
}

export interface CallOptions {
  env?: Record<string, string | undefined>;
  cwd?: string;
  file?: string;
  uid?: number;
}

const PACKAGE = '{ "name": "one" }\n';
const MAIN = `console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), pid: process.pid,
  node: process.execPath }));\n`;

/** npm: STUB_NPM says how it goes. It works in a folder named after what it is to bring. */
const NPM = `#!/bin/sh
name=\${PWD##*/}
echo "npm $1 in $name" >>"$STUB_CALLS"
if [ "$name" = settings ]; then printf '%s\\n' "registry=\${STUB_REGISTRY-}" "cafile=\${STUB_CAFILE-null}"; exit 0; fi
case \${STUB_NPM-} in
  offline) echo 'npm error code ENOTFOUND' >&2; exit 1 ;;
  full) echo 'npm error code ENOSPC' >&2; exit 228 ;;
  silent) echo 'npm verbose reify failed optional dependency: ETIMEDOUT' >&2; exit 0 ;;
  large) cat "$STUB_LARGE" >large || exit 1 ;;
  slow) echo $$ >>"$STUB_PIDS"; exec sleep 60 ;;
esac
if [ "$name" = node ]; then
  mkdir -p node_modules/node-this-machine/bin
  cp "$STUB_FETCHED_NODE" node_modules/node-this-machine/bin/node
else
  mkdir -p node_modules/pnpm/bin
  cp "$STUB_PNPM_FILE" node_modules/pnpm/bin/pnpm.mjs
fi
`;

/** pnpm: STUB_PNPM says how it goes. It makes node_modules in the root and in shared/one, half of it first. */
const PNPM = `
import { appendFileSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
const how = process.env.STUB_PNPM;
appendFileSync(process.env.STUB_CALLS, 'pnpm install ' + process.argv[3] + '\\n');
appendFileSync(process.env.STUB_CALLS + '.env', JSON.stringify(process.env) + '\\n');
if (how === 'outdated' && process.argv[3] === '--frozen-lockfile') {
  console.log('ERR_PNPM_OUTDATED_LOCKFILE  Cannot install with frozen-lockfile');
  process.exit(1);
}
if (existsSync('node_modules/half')) { console.log('took a half-made folder for whole'); process.exit(1); }
mkdirSync('node_modules/half', { recursive: true });
if (how === 'full') { console.log('ENOSPC: no space left on device, write'); process.exit(1); }
if (how === 'odd') { console.log('ERR_PNPM_SOMETHING_ELSE'); process.exit(7); }
if (how === 'slow') { appendFileSync(process.env.STUB_PIDS, process.pid + '\\n'); await delay(60_000); }
rmSync('node_modules/half', { recursive: true });
mkdirSync('shared/one/node_modules', { recursive: true });
writeFileSync('node_modules/whole', '');
`;

/** A `node` of the version given, which for all but the question for its version is the real one. */
export function stubNode(sandbox: Pick<Sandbox, 'bin'>, version: string): void {
  rmSync(join(sandbox.bin, 'node'), { force: true });
  const script = `#!/bin/sh\nif [ "$1" = -p ]; then echo "${version} $0"; else exec "${process.execPath}" "$@"; fi\n`;
  writeFileSync(join(sandbox.bin, 'node'), script, { mode: 0o755 });
}

function findOnPath(program: string): string {
  const folders = (process.env.PATH ?? '').split(delimiter);
  const file = folders.map((folder) => join(folder, program)).find((candidate) => existsSync(candidate));
  if (file === undefined) throw new Error(`this test needs ${program} on PATH`);
  return file;
}

export function makeSandbox(): Sandbox {
  const folder = mkdtempSync(join(tmpdir(), 'lab wrapper ')); // with spaces: a home folder may have them
  chmodSync(folder, 0o755);
  const [home, bin, elsewhere] = [join(folder, 'clone'), join(folder, 'bin'), join(folder, 'elsewhere')];
  for (const made of [join(home, 'shared/cli'), join(home, 'shared/one'), bin, elsewhere]) {
    mkdirSync(made, { recursive: true });
  }
  cpSync(join(workspaceFolder, 'lab'), join(home, 'lab'));
  cpSync(join(workspaceFolder, 'shared/bootstrap'), join(home, 'shared/bootstrap'), { recursive: true });
  writeFileSync(join(home, 'shared/cli/main.ts'), MAIN);
  for (const file of ['package.json', 'shared/one/package.json']) writeFileSync(join(home, file), PACKAGE);
  for (const file of ['pnpm-lock.yaml', 'pnpm-workspace.yaml']) writeFileSync(join(home, file), 'a: 1\n');
  for (const program of COREUTILS) symlinkSync(findOnPath(program), join(bin, program));
  writeFileSync(join(bin, 'npm'), NPM, { mode: 0o755 });
  writeFileSync(join(folder, 'pnpm.mjs'), PNPM);
  writeFileSync(join(folder, 'large'), 'x'.repeat(200_000));
  const fetchedNode = `#!/bin/sh\nexec "${process.execPath}" "$@"\n`;
  writeFileSync(join(folder, 'fetched-node'), fetchedNode, { mode: 0o755 });
  symlinkSync(process.execPath, join(bin, 'node'));
  const callsFile = join(folder, 'calls');
  appendFileSync(callsFile, '');
  const started = new Set<ChildProcess>();

  const start: Sandbox['start'] = (args = [], { env, cwd, file, uid } = {}) => {
    const child = spawn(file ?? join(home, 'lab'), args, {
      cwd: cwd ?? elsewhere,
      env: {
        PATH: bin,
        HOME: elsewhere,
        STUB_CALLS: callsFile,
        STUB_PIDS: join(folder, 'pids'),
        STUB_PNPM_FILE: join(folder, 'pnpm.mjs'),
        STUB_FETCHED_NODE: join(folder, 'fetched-node'),
        STUB_LARGE: join(folder, 'large'),
        ...env,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(uid === undefined ? {} : { uid, gid: uid }),
    });
    started.add(child);
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const ended = new Promise<End>((resolve, reject) => {
      child.once('error', reject);
      child.once('exit', () => started.delete(child));
      child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
    });
    return Object.assign(child, { ended });
  };

  return {
    home,
    bin,
    elsewhere,
    start,
    run: (args, options) => start(args, options).ended,
    calls: () =>
      readFileSync(callsFile, 'utf8')
        .split('\n')
        .filter((line) => line !== '' && !line.includes('settings')),
    leftovers: () => {
      const state = join(home, '.lab');
      const names = existsSync(state) ? readdirSync(state) : [];
      return names.filter((name) => name.startsWith('setup.') || name.startsWith('lock'));
    },
    [Symbol.dispose]() {
      for (const child of started) child.kill('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** What the call was handed to: the last line of stdout, as the stand-in for the command line prints it. */
export function handedOver(end: End): { args: string[]; cwd: string; pid: number; node: string } {
  return JSON.parse(end.stdout.trim().split('\n').at(-1) ?? '') as ReturnType<typeof handedOver>;
}

/** The lines on stderr that are not progress. */
export function complaints(end: End): string[] {
  return end.stderr.split('\n').filter((line) => line !== '' && !line.endsWith('...') && !/ready after/.test(line));
}

/** Waits until `condition` holds; the test's own deadline ends it if it never does. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setTimeout(resolve, 20));
}

/** Processes that a stub wrote down before it went to sleep. */
export function sleepers(sandbox: Sandbox): number[] {
  const file = join(dirname(sandbox.home), 'pids');
  return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n').map(Number) : [];
}
