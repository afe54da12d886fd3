/**
 * The outbox lab, as a table of contents. Each experiment has a file: its question, its parameters, its fault, its
 * properties and its claims.
 *
 * Symbols: λ ratePerSecond, B batchSize, p pollIntervalMs.
 * Read next: src/contract.ts, src/variants/, then experiments/ in the order below.
 */
import { defineLab } from '@backend-labs/experiment';
import { brokerDown } from './experiments/broker-down.ts';
import { crashSweep } from './experiments/crash-sweep.ts';
import { everyStep } from './experiments/every-step.ts';
import { faults } from './experiments/faults.ts';
import { lateCommit } from './experiments/late-commit.ts';
import { lateDuplicate } from './experiments/late-duplicate.ts';
import { oldSnapshot, openTransaction } from './experiments/long-transaction.ts';
import { notifyCost } from './experiments/notify-cost.ts';
import { notifyLost } from './experiments/notify-lost.ts';
import { poisonRow } from './experiments/poison-row.ts';
import { postgresCrash } from './experiments/postgres-crash.ts';
import { relayDown, relayDownCapped } from './experiments/relay-down.ts';
import { relayKilled } from './experiments/relay-killed.ts';
import { steady } from './experiments/steady.ts';
import { twoRelays } from './experiments/two-relays.ts';

const variant = (file: string, summary: string) => ({ file: `src/variants/${file}.ts`, summary });

export default defineLab({
  name: 'outbox',
  question: 'How do you change a row and publish an event so that neither happens without the other?',
  needs: { postgres: 1, kafka: 1 },
  variants: {
    'dual-write-db-first': variant('dual-write-db-first', 'commit, then publish'),
    'dual-write-broker-first': variant('dual-write-broker-first', 'publish, then commit'),
    'poll-by-id': variant('poll-by-id', 'a cursor over positions'),
    'drain-delete': variant('drain-delete', 'read, publish, delete'),
    'poll-by-xid': variant('poll-by-xid', 'a cursor that waits for open transactions'),
    'cursor-saved-late': variant('cursor-saved-late', 'the same, written down now and then'),
    'skip-locked': variant('skip-locked', 'take, publish, mark'),
    'skip-locked-by-key': variant('skip-locked-by-key', 'the same, each relay its own customers'),
    'skip-locked-notify': variant('skip-locked-notify', 'woken after the commit, with a poll behind it'),
    'notify-only': variant('notify-only', 'woken, without a poll'),
    'notify-in-every-tx': variant('notify-in-every-tx', 'woken by the transaction itself'),
    'cdc-pgoutput': variant('cdc-pgoutput', 'the write-ahead log, through a slot'),
    'skip-locked+inbox': variant('skip-locked-with-inbox', 'and apply each event once'),
    'skip-locked+short-inbox': variant('skip-locked-with-short-inbox', 'and forget which, after a while'),
    'cdc-pgoutput+inbox': variant('cdc-pgoutput-with-inbox', 'the log, and apply each event once'),
  },
  faults,
  experiments: {
    steady,
    'late-commit': lateCommit,
    'crash-sweep': crashSweep,
    'every-step': everyStep,
    'relay-killed': relayKilled,
    'broker-down': brokerDown,
    'relay-down': relayDown,
    'relay-down-capped': relayDownCapped,
    'postgres-crash': postgresCrash,
    'late-duplicate': lateDuplicate,
    'open-transaction': openTransaction,
    'old-snapshot': oldSnapshot,
    'two-relays': twoRelays,
    'poison-row': poisonRow,
    'notify-lost': notifyLost,
    'notify-cost': notifyCost,
  },
  // No crash at all, a crash at each step, a broker that is away.
  runByDefault: ['late-commit', 'crash-sweep', 'broker-down'],
  // Nothing that has to be started again: a broker takes its seconds.
  runByQuick: ['late-commit', 'two-relays'],
  headlineClaim: 'poll-by-id-loses-late-commits',
});
