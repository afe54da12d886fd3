/** Mutant: the snapshot gate is gone. */
export { default } from './altered/poll-without-gate.ts';
