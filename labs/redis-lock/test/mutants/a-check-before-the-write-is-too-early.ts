/** Disabled: the room between the check and the write. Here the database checks, in the statement that writes. */
export { default } from '../../src/variants/fenced-claim.ts';
