/**
 * Ends a lab that is up: asks its keeper, waits until it and all that it started are gone, and says what that was.
 *
 * Invariant: when this resolves, nothing of it runs, by the identities that its keeper wrote down, and its folder is gone.
 */
import { isAlive } from '@backend-labs/experiment/engine';
import { signalGroup } from '@backend-labs/stack/process-identity';
import { clearDead, untilGone } from './dead-keepers.ts';
import { onDisk, processesOf, type UpOnDisk } from './up-folder.ts';

/** Ending takes as long as services take to close, one after the other. */
const POLITE_DEADLINE_MS = 20_000;
/** For the keeper's reaper, which has 2 s of its own. */
const KILL_DEADLINE_MS = 4000;

/** Ends it and returns a sentence. Throws if something cannot be ended. */
export async function endLab({ lab, folder, keeper, state }: UpOnDisk): Promise<string> {
  const before = processesOf(folder);
  signalGroup(keeper, 'SIGTERM');
  const stubborn = await untilGone([keeper], POLITE_DEADLINE_MS);
  // What it started until it heard of its end; none if it ended in order, since the folder is gone then.
  const later = processesOf(folder).slice(before.length);
  if (stubborn.length > 0) signalGroup(keeper, 'SIGKILL');
  const left = await untilGone([{ ...keeper, name: 'keeper' }, ...before, ...later], KILL_DEADLINE_MS);
  const foldersKeeper = onDisk(lab)?.keeper;
  if (foldersKeeper !== undefined && !isAlive(foldersKeeper)) await clearDead();
  if (left.length > 0) {
    const names = left.map(({ name, pid }) => `${name} (process ${pid})`).join(', ');
    throw new Error(`${lab} could not be ended: still there: ${names}`);
  }
  const how = stubborn.length > 0 ? ' Its keeper did not answer and was killed.' : '';
  if (state === null) return `${lab} was on its way up and is ended.${how}`;
  const names = (kind: string) => state.entries.filter((entry) => entry.kind === kind && entry.process !== null);
  const parts = [
    { what: 'service', found: names('service') },
    { what: 'server', found: names('server') },
  ]
    .filter(({ found }) => found.length > 0)
    .map(
      ({ what, found }) =>
        `${found.length} ${what}${found.length === 1 ? '' : 's'} (${found.map(({ name }) => name).join(', ')})`,
    );
  return `${lab} is down: ended ${parts.join(' and ') || 'nothing but its keeper'}.${how}`;
}
