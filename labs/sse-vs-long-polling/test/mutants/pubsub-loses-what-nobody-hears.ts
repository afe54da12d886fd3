/** Mutant: Redis keeps what it tells. */
export { default } from '../../src/variants/sse-redis-stream.ts';
