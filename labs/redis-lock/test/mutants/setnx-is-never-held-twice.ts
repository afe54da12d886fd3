/** Disabled: living for as long as nobody deletes it. This one has a TTL. */
export { default } from '../../src/variants/setnx-ttl-del.ts';
