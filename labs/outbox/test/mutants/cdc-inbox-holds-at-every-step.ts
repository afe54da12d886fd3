/** Mutant: the inbox has no unique key. */
export { default } from './inbox-survives-a-slot-that-goes-back.ts';
