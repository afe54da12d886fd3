/** Mutant: the inbox has no unique key. */
export { default } from './inbox-makes-effects-once.ts';
