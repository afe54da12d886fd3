/** Disabled: the plain DEL. It deletes the key only if its own token is in it. */
export { default } from '../../src/variants/token.ts';
