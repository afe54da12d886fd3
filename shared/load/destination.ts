/**
 * Where HTTP operations go: a plan's url or urls, taken apart once so that sending one looks nothing up.
 *
 * Invariant: operation `row` goes to url `row % length`, whatever became of the others. Pure.
 * Read next: http-target.ts (the connections).
 */

/** One url of a plan. */
export interface Destination {
  origin: string;
  /** Path and query around each `{id}`, in order: one part where there is none. */
  parts: readonly [string, ...string[]];
}

const PLACEHOLDER = '{id}';
/**
 * Stands for the placeholder while a url is parsed, since URL would turn its braces into %7B and %7D, and then nobody
 * could tell them from a path that has those. A private-use character, which no host may have.
 */
const STAND_IN = '\uE000';

/** The destinations of one or several urls. Throws RangeError when there are none, TypeError on one that is no url. */
export function destinationsOf(url: string | readonly string[]): [Destination, ...Destination[]] {
  const [first, ...rest] = typeof url === 'string' ? [url] : url;
  if (first === undefined) throw new RangeError('an HTTP operation needs at least one url, received an empty list');
  return [destinationOf(first), ...rest.map(destinationOf)];
}

function destinationOf(text: string): Destination {
  const standing = text.replaceAll(PLACEHOLDER, STAND_IN);
  if (!URL.canParse(standing)) {
    throw new TypeError(`"${text}" is not a url; ${PLACEHOLDER} may stand in its path and its query`);
  }
  const { origin, pathname, search } = new URL(standing);
  const [start = '', ...others] = (pathname + search).split(encodeURIComponent(STAND_IN));
  return { origin, parts: [start, ...others] };
}
