/**
 * Fresh data: what one variant or test has on a server to itself, native or somebody else's.
 *
 * A server's start takes longer than most variants; what keeps them apart is a name. Invariant: disposing throws away
 * what has that name and nothing else, and never fails because the server is not there any more.
 * Read next: postgres.ts, redis.ts, kafka.ts.
 */
import type { FreshData } from '../server.ts';

/** Of one kind of server: `url` is the server's own. */
export type MakeFreshData = (url: string, name: string) => Promise<FreshData>;

/** Postgres cuts longer ones off without an error, and then two of them may be the same. */
const MAX_LENGTH = 63;

const unchanged: MakeFreshData = async (url) => ({ url, [Symbol.asyncDispose]: async () => {} });

/** Throws RangeError if the name is not one. `isThere` says, when the data is disposed, whether its server answers. */
export async function freshDataOf(
  make: MakeFreshData = unchanged,
  url: string,
  name: string,
  isThere: () => boolean = () => true,
): Promise<FreshData> {
  // It becomes a part of SQL and of a pattern of keys.
  if (!/^[a-z][a-z0-9_]*$/.test(name) || name.length > MAX_LENGTH) {
    const rule = `lower-case letters, digits and _, a letter first, at most ${MAX_LENGTH}`;
    throw new RangeError(`the name of fresh data is ${rule}; received ${JSON.stringify(name)}`);
  }
  const data = await make(url, name);
  return {
    url: data.url,
    async [Symbol.asyncDispose]() {
      if (isThere()) await data[Symbol.asyncDispose]();
    },
  };
}
