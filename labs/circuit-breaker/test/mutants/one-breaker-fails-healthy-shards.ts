/** Disabled: judging all shards as one. */
export { default } from '../../src/variants/breaker-per-shard.ts';
