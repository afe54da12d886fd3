/**
 * A small seeded random number generator, so that subscribers do the same in each run.
 *
 * mulberry32 by Tommy Ettinger (2017, public domain). `Math.random` cannot be seeded. Not for secrets.
 */

/** Returns a function that gives numbers in [0, 1). Any integer is a seed; neighbours give unlike sequences. */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
