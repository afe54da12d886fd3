/** A small, quick lab for the tests of `run`: one list, two ways to change it, one claim for each way a run can end. */
import { defineLab } from '@backend-labs/experiment';
import { faults } from './src/faults.ts';
import { listExperiment } from './src/list-experiment.ts';

const variants = {
  hasty: { file: 'src/variants/hasty.ts', summary: 'read, think, write back' },
  patient: { file: 'src/variants/patient.ts', summary: 'the same, each in its turn' },
  careful: { file: 'src/variants/patient.ts', summary: 'patient under another name' },
} as const;
const lost = 'no lost update';

export default defineLab({
  name: 'tally',
  question: 'Is reading, thinking and writing back safe when many do it at once?',
  needs: {},
  variants,
  faults,
  experiments: {
    // A fault at a time; each claim has a mutant.
    'slow-spell': listExperiment({
      question: 'Does a slow spell in the middle lose an update?',
      durationMs: 1000,
      timeline: ({ durationMs }) => [{ fault: 'slow', atMs: 0.3 * durationMs, healAtMs: 0.6 * durationMs }],
      claims: [
        {
          id: 'turns-lose-nothing',
          statement: 'Changes in turn are never lost.',
          property: lost,
          variant: 'patient',
          control: 'hasty',
        },
        {
          id: 'turns-think-alone',
          statement: 'Changes in turn think one at a time.',
          property: 'thinks alone',
          variant: 'patient',
          control: 'hasty',
        },
      ],
    }),
    // A fault at an event; the claim's mutant is none.
    held: listExperiment({
      question: 'Does a pause between reading and writing lose an update?',
      durationMs: 1000,
      timeline: () => [
        // Short: while the list is stopped, what arrives waits in the system's queue, where it is not counted.
        { fault: 'pause', when: { service: 'list', event: 'tally.thinking', occurrence: 20 }, healAfterMs: 20 },
      ],
      claims: [
        {
          id: 'turns-survive-a-pause',
          statement: 'Changes in turn are never lost, even if stopped.',
          property: lost,
          variant: 'patient',
          control: 'hasty',
        },
      ],
    }),
    // A claim that is wrong, and has no mutant.
    wrong: listExperiment({
      question: 'Is the hasty way safe?',
      durationMs: 1000,
      timeline: () => [],
      claims: [
        {
          id: 'haste-loses-nothing',
          statement: 'Changes in haste are never lost.',
          property: lost,
          variant: 'hasty',
          control: 'patient',
        },
      ],
    }),
    // A claim whose control cannot fail.
    vain: listExperiment({
      question: 'Is the patient way safer than itself?',
      durationMs: 1000,
      timeline: () => [],
      claims: [
        {
          id: 'patience-beats-itself',
          statement: 'Changes in turn are never lost.',
          property: lost,
          variant: 'patient',
          control: 'careful',
        },
      ],
    }),
    // Two faults that last almost as long as the load: time to interrupt it.
    'long-spell': listExperiment({
      question: 'What is left behind when a run is cut short?',
      durationMs: 1500,
      timeline: ({ durationMs }) => [
        { fault: 'pause-bystander', atMs: 0.1 * durationMs, healAtMs: 0.95 * durationMs },
        { fault: 'slow', atMs: 0.12 * durationMs, healAtMs: 0.95 * durationMs },
      ],
      claims: [
        {
          id: 'long-turns-lose-nothing',
          statement: 'Changes in turn are never lost.',
          property: lost,
          variant: 'patient',
          control: 'hasty',
        },
      ],
      bystander: true,
    }),
  },
  runByDefault: ['slow-spell'],
  headlineClaim: 'turns-lose-nothing',
});
