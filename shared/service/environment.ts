/**
 * A service's environment, parsed once at its start. Every problem is listed at once, by name.
 *
 * Invariant: nothing else in a service reads process.env.
 */
import { z } from 'zod';

/** The environment does not fit. The message lists each variable and what is wrong with it. */
export class EnvironmentError extends Error {
  override readonly name = 'EnvironmentError';
  readonly code = 'BAD_ENVIRONMENT';
}

/** The port to listen on; 0, the default, lets the system choose a free one. */
export const portSchema = z.coerce.number().int().min(0).max(65_535).default(0);

/**
 * The address to listen on. Loopback, so that nothing of a lab can be reached from the network; 0.0.0.0 is for a
 * container, whose loopback nobody else reaches: there the published port is what stays on 127.0.0.1.
 * Not `HOST`, which conda and some shells export with a meaning of their own.
 */
export const listenHostSchema = z.enum(['127.0.0.1', '0.0.0.0']).default('127.0.0.1');

/** Parses the environment with a zod object. Throws EnvironmentError. */
export function parseEnvironment<S extends z.ZodType>(
  schema: S,
  environment: NodeJS.ProcessEnv = process.env,
): z.infer<S> {
  const parsed = schema.safeParse(environment);
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `  ${issue.path.join('.')}: ${issue.message}`);
  throw new EnvironmentError(`The environment of this service does not fit:\n${problems.join('\n')}`);
}
