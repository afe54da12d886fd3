/** Disabled: leaving the lock to one primary. Of five nodes the failover takes one, and the others still know it. */
export { default } from '../../src/variants/redlock.ts';
