/** Disabled: counting client errors. */
export { default } from '../../src/variants/breaker.ts';
