/** Disabled: reading and writing in one statement. It reads, thinks and writes. */
export { default } from '../../src/variants/none.ts';
