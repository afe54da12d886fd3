/** Ends its whole process in the middle of a run. */
import type { Operation } from '../../plan.ts';

export default async function open(): Promise<Operation> {
  return {
    async run({ id }) {
      if (id === 5) {
        process.stderr.write('about to leave\n');
        process.exit(7);
      }
      return 'ok';
    },
    async close() {},
  };
}
