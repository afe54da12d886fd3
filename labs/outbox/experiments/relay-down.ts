/**
 * relay-down: the relay is away, and the database writes on: orders, and much else.
 *
 * An outbox table keeps what it has. A slot keeps the log, all of it, since what its reader needs is somewhere in there.
 * Without a cap it keeps the log until the disk is full; with one it keeps so much and is then lost, and with it
 * every event that was not read.
 * Read next: ../src/variants/cdc-pgoutput.ts.
 */
import { atLeast, experiment, type PrepareContext } from '@backend-labs/experiment';
import { commonFacts, happens, lostOf, plots } from './measures.ts';
import { looks, mostKept } from './observed.ts';
import { setServer } from './server-settings.ts';
import { type StandParameters, standWith, usual } from './stand.ts';

const parameters = {
  ...usual,
  ratePerSecond: 50,
  durationMs: 4000,
  downAtMs: 500,
  othersAtMs: 700,
  othersDoneAtMs: 2500,
  upAtMs: 3000,
  otherMegabytes: 80,
};
type DownParameters = typeof parameters;

const timeline = ({ downAtMs, othersAtMs, othersDoneAtMs, upAtMs }: DownParameters) => [
  { fault: 'killRelay', atMs: downAtMs, healAtMs: upAtMs } as const,
  { fault: 'othersWrite', atMs: othersAtMs, healAtMs: othersDoneAtMs } as const,
];

function facts(observation: Parameters<typeof commonFacts>[0]) {
  return {
    ...commonFacts(observation),
    'WAL kept for the slot, at most (MB)': Math.round(mostKept(observation) ?? 0),
    'state of the slot at the end': looks(observation).at(-1)?.walStatus ?? null,
  };
}

/** In MB it would read better; a series is what the observer says. */
const keptPlots = [
  ...plots,
  { series: 'observer.outbox.observed.keptBytes', title: 'WAL kept for the slot', unit: 'bytes' },
];

export const relayDown = experiment({
  ...standWith({ isObserved: true }),
  question: 'The relay is away while the database writes on. What is kept for it?',
  parameters,
  quick: {},
  timeline,
  properties: {
    'keeps the log': atLeast<StandParameters>({
      description: 'All of the log that is written while the relay is away is kept',
      kind: 'characteristic',
      unit: 'MB of WAL',
      formula: 'what the others wrote meanwhile',
      bound: (given) => (given as DownParameters).otherMegabytes,
      measure: mostKept,
    }),
  },
  claims: [
    {
      id: 'stalled-slot-keeps-the-log',
      statement: 'A slot whose reader is away keeps all of the log, not only what its reader wants.',
      property: 'keeps the log',
      variant: 'cdc-pgoutput',
      control: 'skip-locked',
    },
  ],
  facts,
  plots: keptPlots,
});

const capped = standWith({ isObserved: true });

/** The smallest that does anything: one segment. */
const CAP = '16MB';

async function capTheSlot(context: PrepareContext<DownParameters>): Promise<void> {
  await setServer(context, { max_slot_wal_keep_size: CAP });
  await capped.prepare(context);
}

export const relayDownCapped = experiment({
  ...capped,
  prepare: capTheSlot,
  question: 'The same with a cap on what a slot may keep. What is left when the relay is back?',
  parameters,
  quick: {},
  timeline,
  properties: {
    'loses events': happens({
      description: 'The slot was lost at the cap, and with it the events that were not read',
      unit: 'lost event(s)',
      ids: lostOf,
    }),
  },
  claims: [
    {
      id: 'capped-slot-is-lost',
      statement: 'With a cap the slot is lost when it is reached, and so are the events.',
      property: 'loses events',
      variant: 'cdc-pgoutput',
      control: 'skip-locked',
    },
  ],
  facts,
  plots: keptPlots,
});
