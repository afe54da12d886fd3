/** Disabled: living for as long as nobody deletes it. This one has a TTL, and the dead are waited out. */
export { default } from '../../src/variants/setnx-ttl-del.ts';
