/** Mutant: with an epoch the server notices. */
export { default } from '../../src/variants/sse-resume.ts';
