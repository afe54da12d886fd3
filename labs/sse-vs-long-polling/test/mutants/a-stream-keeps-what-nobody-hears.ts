/** Mutant: Redis keeps nothing. */
export { default } from '../../src/variants/sse-redis-pubsub.ts';
