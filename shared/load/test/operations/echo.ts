/** Ends as the target says, by id: an outcome, a thrown code, a run that never settles, one that is no outcome. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation, Outcome } from '../../plan.ts';

export default async function open(target: unknown): Promise<Operation> {
  const endings = target as string[];
  return {
    async run({ id, signal }) {
      const ending = endings[id % endings.length] as string;
      if (ending === 'throws') throw Object.assign(new Error('no'), { code: 'E_MADE_UP' });
      if (ending === 'hangs') await new Promise(() => {});
      if (ending === 'heeds') await sleep(60_000, undefined, { signal });
      return ending as Outcome;
    },
    async close() {},
  };
}
