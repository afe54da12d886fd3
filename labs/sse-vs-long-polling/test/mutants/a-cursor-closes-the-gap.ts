/** Mutant: it does not say what it has seen. */
export { default } from '../../src/variants/long-poll.ts';
