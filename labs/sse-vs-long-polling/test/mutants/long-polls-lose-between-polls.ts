/** Mutant: it says what it has seen. */
export { default } from '../../src/variants/long-poll-cursor.ts';
