/** Mutant: the server cuts those who do not read. */
export { default } from '../../src/variants/sse-resume.ts';
