/** Mutant: with ids and a ring it comes back to where it was. */
export { default } from '../../src/variants/sse-resume.ts';
