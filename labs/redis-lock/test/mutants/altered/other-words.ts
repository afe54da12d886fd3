/**
 * A variant that says something else to Postgres in one place. All other statements and steps are its own, so a mutant
 * cannot drift away from what it is a mutant of.
 *
 * Invariant: parameters stay what they are, so the new words must use the same ones. A place that is no longer there
 * changes nothing, and the mutant survives: --mutants says so.
 */
import type { PoolClient } from 'pg';
import type { Update, UpdateContext } from '../../../src/contract.ts';

/**
 * `update`, with `words` replaced by `others` in every statement that it sends through the pool or a client of it. As in
 * String.replace, `$&` are the words themselves; `$1` is a parameter of the statement, as long as `words` has no group.
 */
export function inOtherWords(update: Update, words: string | RegExp, others: string): Update {
  return (account, think, context) => {
    const { postgres } = context;
    const through = (client: Pick<PoolClient, 'query'>) => (text: string, values?: unknown[]) =>
      client.query(text.replace(words, others), values);
    const pool = {
      query: through(postgres as unknown as PoolClient),
      async connect() {
        const client = await postgres.connect();
        return { query: through(client), release: (broken?: boolean | Error) => client.release(broken) };
      },
    };
    // The two methods that the variants call.
    return update(account, think, { ...context, postgres: pool as unknown as UpdateContext['postgres'] });
  };
}
