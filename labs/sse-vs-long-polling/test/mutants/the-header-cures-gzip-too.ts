/** Mutant: nothing asks the proxy not to buffer. */
export { default } from '../../src/variants/sse.ts';
