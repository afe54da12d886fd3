/** Mutant: all streams share one connection, of which a browser needs no second. */
export { default } from '../../src/variants/sse-http2.ts';
