/** Disabled: retrying. It keeps the retries' loop and leaves it after the first failure. */
export { default } from '../../src/variants/timeout.ts';
