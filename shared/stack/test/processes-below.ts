/** Who was started by a process, itself left out. */
import { familyOf } from '../native/process-family.ts';
import type { ProcessIdentity } from '../process-identity.ts';

export function processesBelow(pid: number): ProcessIdentity[] {
  return familyOf(pid).filter((one) => one.pid !== pid);
}
