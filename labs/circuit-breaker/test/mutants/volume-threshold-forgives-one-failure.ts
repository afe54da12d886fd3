/** Disabled: the volume threshold. */
export { default } from '../../src/variants/breaker-any-volume.ts';
