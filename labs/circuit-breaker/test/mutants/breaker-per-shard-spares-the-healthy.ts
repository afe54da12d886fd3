/** Disabled: telling the shards apart. */
export { default } from '../../src/variants/breaker.ts';
