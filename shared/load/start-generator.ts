/**
 * Starts the generator's process, with a plan or before there is one.
 *
 * Read next: generator-process.ts (its life), generator.ts (the process itself).
 */
import {
  type GeneratorOptions,
  GeneratorProcess,
  type LoadGenerator,
  type OpenGenerator,
  requireSense,
} from './generator-process.ts';
import type { LoadPlan } from './plan.ts';

/**
 * Starts a generator process; resolves when it is ready. Rejects with RangeError on a plan that is nonsense, and with
 * an Error that carries the exit code and the last log lines if the process dies or cannot load its operation.
 */
export async function startGenerator(plan: LoadPlan, options: GeneratorOptions): Promise<LoadGenerator> {
  options.signal?.throwIfAborted();
  requireSense(plan);
  const generator = new GeneratorProcess(options);
  try {
    return await generator.prepare(plan);
  } catch (error) {
    await generator[Symbol.asyncDispose]();
    throw error;
  }
}

/**
 * Starts a generator process that is given its plan later, and makes itself warm until then: loading and compiling its
 * code takes longer than most services need to start. Whoever calls it disposes it, and nothing is sent to the system
 * before its run.
 */
export function openGenerator(options: GeneratorOptions): OpenGenerator {
  options.signal?.throwIfAborted();
  return new GeneratorProcess(options).warmUp();
}
