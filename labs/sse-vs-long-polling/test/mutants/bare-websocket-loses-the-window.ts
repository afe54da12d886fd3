/** Mutant: with a cursor it comes back to where it was. */
export { default } from '../../src/variants/websocket-resume.ts';
