/** Mutant: a stream without messages says nothing. */
export { default } from '../../src/variants/sse.ts';
