/** Disabled: the filter of client errors. */
export { default } from '../../src/variants/breaker-unfiltered.ts';
