/** A lab with a server of each kind, or of those that FIVE_SERVERS names, as JSON. */
import { defineLab, type Needs } from '@backend-labs/experiment';
import { faults } from '../../../labs/tally/src/faults.ts';
import { listExperiment } from '../../../labs/tally/src/list-experiment.ts';

const EACH: Needs = { postgres: 1, redis: 1, rabbitmq: 1, kafka: 1, nginx: 1 };

const calm = listExperiment({
  question: 'Who ends five servers when nobody is left to end them?',
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
  name: 'five-servers',
  question: 'Who ends five servers when nobody is left to end them?',
  needs: process.env.FIVE_SERVERS === undefined ? EACH : (JSON.parse(process.env.FIVE_SERVERS) as Needs),
  variants: {
    hasty: { file: '../../../labs/tally/src/variants/hasty.ts', summary: 'read, think, write back' },
    patient: { file: '../../../labs/tally/src/variants/patient.ts', summary: 'the same, each in its turn' },
    careful: { file: '../../../labs/tally/src/variants/patient.ts', summary: 'patient under another name' },
  },
  faults,
  experiments: {
    calm: {
      ...calm,
      services: (context) =>
        calm.services(context).map((list) => ({ ...list, entry: '../../../labs/tally/src/main.ts' })),
    },
  },
  headlineClaim: 'never-judged',
});
