/** No mutant at all: nothing is disabled. `--mutants` must say that the claim's check has not been seen to fail. */
export { default } from '../../src/variants/patient.ts';
