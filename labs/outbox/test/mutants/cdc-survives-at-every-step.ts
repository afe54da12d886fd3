/** Mutant: acknowledges before it publishes. */
export { default } from './cdc-survives-crashes.ts';
