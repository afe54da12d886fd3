/**
 * A small seeded random number generator, so that a schedule is the same for the same seed on every machine.
 *
 * xoshiro128** 1.1 by Blackman and Vigna (2018, public domain, prng.di.unimi.it), its state filled by SplitMix32 (the
 * 32-bit finaliser of MurmurHash3 over a Weyl sequence). `Math.random` cannot be seeded. Not for secrets.
 */

export type State = [number, number, number, number];

/** Returns a function that gives numbers in [0, 1) with 32 random bits. Any integer is a seed. */
export function seededRandom(seed: number): () => number {
  // Both halves of a 53-bit seed count: seeds that differ only above bit 32 give different sequences.
  let weyl = (seed ^ Math.imul(Math.floor(seed / 2 ** 32), 0x85ebca6b)) | 0;
  const splitMix32 = () => {
    weyl = (weyl + 0x9e3779b9) | 0;
    let z = weyl;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return z ^ (z >>> 16);
  };
  const next = xoshiro128StarStar([splitMix32(), splitMix32(), splitMix32(), splitMix32()]);
  return () => next() / 2 ** 32;
}

/** The generator itself: unsigned 32-bit integers from a state that is not all zero. */
export function xoshiro128StarStar([a, b, c, d]: State): () => number {
  return () => {
    const product = Math.imul(b, 5);
    const result = Math.imul((product << 7) | (product >>> 25), 9) >>> 0;
    const shifted = b << 9;
    c ^= a;
    d ^= b;
    b ^= c;
    a ^= d;
    c ^= shifted;
    d = (d << 11) | (d >>> 21);
    return result;
  };
}
