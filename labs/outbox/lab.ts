/**
 * The outbox lab, as a table of contents. Each experiment has a file: its question, its parameters, its fault, its
 * properties and its claims.
 *
 * Symbols: λ ratePerSecond, B batchSize, p pollIntervalMs.
 * Read next: src/contract.ts, src/variants/, then experiments/ in the order below.
 */
import { defineLab } from '@backend-labs/experiment';
import { faults } from './experiments/faults.ts';
import { lateCommit } from './experiments/late-commit.ts';

export default defineLab({
  name: 'outbox',
  question: 'How do you change a row and publish an event so that neither happens without the other?',
  needs: { postgres: 1, kafka: 1 },
  variants: {
    'dual-write-db-first': { file: 'src/variants/dual-write-db-first.ts', summary: 'commit, then publish' },
    'dual-write-broker-first': { file: 'src/variants/dual-write-broker-first.ts', summary: 'publish, then commit' },
    'poll-by-id': { file: 'src/variants/poll-by-id.ts', summary: 'a cursor over positions' },
    'drain-delete': { file: 'src/variants/drain-delete.ts', summary: 'read, publish, delete' },
    'poll-by-xid': { file: 'src/variants/poll-by-xid.ts', summary: 'a cursor that waits for open transactions' },
    'skip-locked': { file: 'src/variants/skip-locked.ts', summary: 'take, publish, mark' },
    'skip-locked+inbox': { file: 'src/variants/skip-locked-with-inbox.ts', summary: 'and apply each event once' },
  },
  faults,
  experiments: { 'late-commit': lateCommit },
  headlineClaim: 'poll-by-id-loses-late-commits',
});
