/** Disabled: retrying. One call for each request, whatever becomes of it. */
export { default } from '../../src/variants/timeout.ts';
