/** A lab whose service never gets to listen. */
import { defineLab } from '@backend-labs/experiment';
import { faults } from '../tally/src/faults.ts';
import { listExperiment } from '../tally/src/list-experiment.ts';

const calm = listExperiment({
  question: 'Who says why nothing started?',
  durationMs: 1000,
  timeline: () => [],
  claims: [
    {
      id: 'never-judged',
      statement: 'Never judged.',
      property: 'no lost update',
      variant: 'patient',
      control: 'hasty',
    },
  ],
});

export default defineLab({
  name: 'dies-at-start',
  question: 'What does a reader see of a service that does not start?',
  needs: {},
  variants: {
    hasty: { file: '../tally/src/variants/hasty.ts', summary: 'read, think, write back' },
    patient: { file: '../tally/src/variants/patient.ts', summary: 'the same, each in its turn' },
    careful: { file: '../tally/src/variants/patient.ts', summary: 'patient under another name' },
  },
  faults,
  experiments: { calm: { ...calm, services: () => [{ name: 'list', entry: 'src/main.ts' }] } },
  headlineClaim: 'never-judged',
});
