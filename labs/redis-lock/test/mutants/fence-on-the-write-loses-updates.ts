/** Disabled: coming with the fence too late. It is claimed before anything is read. */
export { default } from '../../src/variants/fenced-claim.ts';
