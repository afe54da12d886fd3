/** Mutant: each begins at a random moment. */
export { default } from '../../src/variants/short-poll-1s.ts';
