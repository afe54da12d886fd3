/** Disabled: the waiting for one's turn. */
export { default } from '../../src/variants/hasty.ts';
