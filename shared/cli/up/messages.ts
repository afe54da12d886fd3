/**
 * What the keeper tells the command that started it, over Node's IPC channel, until all of it answers.
 *
 *   progress* ── ready | failed | taken | ended
 */
export type KeeperMessage =
  | { type: 'progress'; line: string }
  /** state.json is there. The channel closes, and the keeper goes on without us. */
  | { type: 'ready' }
  /** Nothing of it is left. `exitCode` is null for a defect. */
  | { type: 'failed'; message: string; exitCode: number | null; stack: string }
  /** The lab is up already, or on its way. */
  | { type: 'taken' }
  /** Somebody asked it to end while it started; nothing is left. */
  | { type: 'ended' };
