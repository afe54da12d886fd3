/** A lab whose second service never gets ready: time to interrupt its start. */
import { defineLab } from '@backend-labs/experiment';
import { faults } from '../../../labs/tally/src/faults.ts';
import { listExperiment } from '../../../labs/tally/src/list-experiment.ts';

const calm = listExperiment({
  question: 'What is left of a start that was cut short?',
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
  name: 'never-ready',
  question: 'What is left of a start that was cut short?',
  needs: {},
  variants: {
    hasty: { file: '../../../labs/tally/src/variants/hasty.ts', summary: 'read, think, write back' },
    patient: { file: '../../../labs/tally/src/variants/patient.ts', summary: 'the same, each in its turn' },
    careful: { file: '../../../labs/tally/src/variants/patient.ts', summary: 'patient under another name' },
  },
  faults,
  experiments: {
    calm: {
      ...calm,
      services: (context) => [
        ...calm.services(context).map((list) => ({ ...list, entry: '../../../labs/tally/src/main.ts' })),
        { name: 'mute', entry: 'src/main.ts' },
      ],
    },
  },
  headlineClaim: 'never-judged',
});
