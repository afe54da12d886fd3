/** Mutant: messages wait for the next poll. */
export { default } from '../../src/variants/short-poll-1s.ts';
