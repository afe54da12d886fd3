/** Disabled: doing without retries. */
export { default } from '../../src/variants/retry.ts';
