import type { LoadReport, Outcome } from '@backend-labs/load';
import { describe, expect, it } from 'vitest';
import { acknowledgedIds, reconcileIds } from '../ledger.ts';
import { madeUp, setRows } from './made-up.ts';

/** A load whose operations ended like this, by id; null never ended, 'unsent' was never sent. */
function loadOf(...outcomes: (Outcome | null | 'unsent')[]): LoadReport {
  const run = madeUp();
  setRows(
    run,
    outcomes.map((outcome, id) => ({
      startedAtMs: outcome === 'unsent' ? Number.NaN : id,
      endedAtMs: outcome === 'unsent' || outcome === null ? Number.NaN : id + 1,
      outcome: outcome === 'unsent' ? null : outcome,
    })),
  );
  return run.load;
}

const nothing = { lost: [], duplicate: [], phantom: [], reordered: [] };

describe('the ledger', () => {
  it('finds nothing where each acknowledged operation happened once', () => {
    expect(reconcileIds(loadOf('ok', 'ok', 'ok'), [2, 0, 1])).toEqual({ ...nothing, acknowledged: 3 });
  });

  it('calls lost what was acknowledged and did not happen', () => {
    expect(reconcileIds(loadOf('ok', 'ok', 'ok'), [1])).toEqual({ ...nothing, acknowledged: 3, lost: ['0', '2'] });
  });

  it('calls duplicate what happened more than once, and names it once', () => {
    expect(reconcileIds(loadOf('ok', 'ok'), [0, 1, 1, 1])).toEqual({ ...nothing, acknowledged: 2, duplicate: ['1'] });
  });

  it('calls phantom what nobody asked for: an unknown id, or one that was never sent', () => {
    expect(reconcileIds(loadOf('ok', 'unsent'), [0, 1, 7, -1])).toEqual({
      ...nothing,
      acknowledged: 1,
      phantom: ['1', '7', '-1'],
    });
  });

  it.each(['failed', 'timeout', 'lost', 'rejected', null] as const)(
    'holds an operation that ended as %s against nobody, whether it happened or not',
    (outcome) => {
      const load = loadOf('ok', outcome);
      expect(reconcileIds(load, [0])).toEqual({ ...nothing, acknowledged: 1 });
      expect(reconcileIds(load, [0, 1])).toEqual({ ...nothing, acknowledged: 1 });
    },
  );

  it('takes only ok as acknowledged: a fallback’s answer is degraded', () => {
    expect(acknowledgedIds(loadOf('degraded', 'ok', 'failed', 'ok', null))).toEqual([1, 3]);
  });
});
