/** Mutant: marks before it publishes. */
export { default } from './skip-locked-survives-crashes.ts';
