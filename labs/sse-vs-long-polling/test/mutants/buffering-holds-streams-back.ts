/** Mutant: the feed asks not to be buffered. */
export { default } from '../../src/variants/sse-resume.ts';
