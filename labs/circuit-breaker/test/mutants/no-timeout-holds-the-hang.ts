/** Disabled: waiting for as long as it takes. Like an HTTP client with a default timeout that nobody knew of. */
export { default } from '../../src/variants/timeout.ts';
