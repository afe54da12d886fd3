/** A lab with a server: one Redis, a proxy in front of it, a service that uses it. */
import { defineLab } from '@backend-labs/experiment';
import { faults } from '../../../labs/tally/src/faults.ts';
import { listExperiment } from '../../../labs/tally/src/list-experiment.ts';

const calm = listExperiment({
  question: 'Is what one pokes at the server that the service uses?',
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
  name: 'one-redis',
  question: 'Is what one pokes at the server that the service uses?',
  needs: { redis: 1 },
  variants: {
    hasty: { file: '../../../labs/tally/src/variants/hasty.ts', summary: 'read, think, write back' },
    patient: { file: '../../../labs/tally/src/variants/patient.ts', summary: 'the same, each in its turn' },
    careful: { file: '../../../labs/tally/src/variants/patient.ts', summary: 'patient under another name' },
  },
  faults,
  experiments: {
    calm: {
      ...calm,
      proxies: { link: 'redis-1' },
      operation: ({ urlOf }) => ({ kind: 'http', url: [`${urlOf('counter')}/count?of={id}`] }),
      services: () => [
        {
          name: 'counter',
          entry: 'src/main.ts',
          environment: (_, servers) => ({ REDIS_URL: servers.urlOf('link'), KEY_PREFIX: servers.dataName }),
        },
      ],
      hops: [{ from: 'load', to: 'counter' }],
    },
  },
  headlineClaim: 'never-judged',
});
