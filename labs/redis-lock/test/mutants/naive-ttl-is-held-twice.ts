/** Disabled: the TTL. A key that does not expire keeps everybody out until the late holder is done. */
export { default } from '../../src/variants/setnx.ts';
