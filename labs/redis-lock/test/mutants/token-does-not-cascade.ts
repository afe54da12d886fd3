/** Disabled: the release that compares. A plain DEL deletes whatever lock is there. */
export { default } from '../../src/variants/setnx-ttl-del.ts';
