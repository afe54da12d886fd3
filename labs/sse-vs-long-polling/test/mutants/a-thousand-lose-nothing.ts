/** Mutant: the ring has nothing to replay but the last message. */
export { default } from './sse-resume-loses-nothing.ts';
