/** Disabled: keeping the nodes of a lost round. It releases them before it tries again. */
export { default } from '../../src/variants/redlock.ts';
