/** Disabled: reading and writing in one statement. What it has read is old when it wakes up. */
export { default } from '../../src/variants/none.ts';
