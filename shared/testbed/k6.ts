/**
 * A k6 script of this repository as a test runs it: for a second, against services that the test made up.
 *
 * What a test may expect of it is about answers. Latencies and dropped iterations depend on this machine's speed.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { stateFolder } from './servers.ts';

const scripts = join(import.meta.dirname, '../../k6');

/** When k6 is killed: it runs for a second, and by itself it would let a request that hangs have half a minute. */
const LIMIT_MS = 50_000;

/** Where k6 is: on PATH, or in .lab/tools, where `./lab bench` builds it. Undefined where there is none. */
export const k6At = (): string | undefined =>
  [...(process.env.PATH ?? '').split(delimiter), join(stateFolder, 'tools')]
    .map((folder) => join(folder, 'k6'))
    .find((file) => existsSync(file));

export interface K6Run {
  /** k6 ends with 99 when a threshold is crossed. Null: it was killed. */
  code: number | null;
  /** The thresholds that were crossed, by the name of their metric. */
  crossed: string[];
  stderr: string;
}

/**
 * Runs `script` (a file of k6/) with these variables. RATE is 60 and DURATION 1s, unless the variables say otherwise.
 * Throws where there is no k6.
 */
export async function runK6(script: string, variables: Record<string, string>): Promise<K6Run> {
  const k6 = k6At();
  if (k6 === undefined)
    throw new Error('k6 is neither on PATH nor in .lab/tools; skip the test where k6At() is undefined');
  const given = { RATE: '60', DURATION: '1s', ...variables };
  const child = spawn(
    k6,
    [
      'run',
      '--quiet',
      '--no-usage-report',
      '--address=',
      ...Object.entries(given).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      join(scripts, script),
    ],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, K6_AUTO_EXTENSION_RESOLUTION: 'false' },
      timeout: LIMIT_MS,
      killSignal: 'SIGKILL',
    },
  );
  const said = text(child.stderr);
  const [code] = (await once(child, 'close')) as [number | null];
  const stderr = await said;
  return { code, crossed: /thresholds on metrics '([^']*)'/.exec(stderr)?.[1]?.split(', ') ?? [], stderr };
}
