/** A second lab, so that several can be asked for at once. */
import { defineLab } from '@backend-labs/experiment';
import { faults } from '../tally/src/faults.ts';
import { listExperiment } from '../tally/src/list-experiment.ts';

export default defineLab({
  name: 'second',
  question: 'The same again?',
  needs: {},
  variants: {
    hasty: { file: '../tally/src/variants/hasty.ts', summary: 'read, think, write back' },
    patient: { file: '../tally/src/variants/patient.ts', summary: 'the same, each in its turn' },
    careful: { file: '../tally/src/variants/patient.ts', summary: 'patient under another name' },
  },
  faults,
  experiments: {
    calm: listExperiment({
      question: 'Is an update lost when nothing happens?',
      durationMs: 1000,
      timeline: () => [],
      claims: [
        {
          id: 'calm-turns-lose-nothing',
          statement: 'Changes in turn are never lost.',
          property: 'no lost update',
          variant: 'patient',
          control: 'hasty',
        },
      ],
    }),
  },
  headlineClaim: 'calm-turns-lose-nothing',
});
