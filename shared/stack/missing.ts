/**
 * What cannot be had on this machine, said with the ways to get it.
 *
 * Invariant: one line that names the thing, why, and two or three things to do. Pure.
 */
export class MissingServerError extends Error {
  /** A subclass has another: who skips what this machine cannot have goes by this one, and must not skip those. */
  override readonly name: string = 'MissingServerError';
  readonly code = 'MISSING';
  /** As shared/experiment/exit-code.ts has it: something needed is missing. */
  readonly exitCode = 4;
  constructor(what: string, why: string, ways: readonly string[], options?: ErrorOptions) {
    // What a tool has printed comes in lines; this is one.
    super(`${what}: ${why.replaceAll(/\s*\n\s*/g, ' | ')}. What helps: ${ways.join('; or ')}.`, options);
  }
}
