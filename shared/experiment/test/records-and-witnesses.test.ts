/** What a service said while it was loaded, and what witnesses say after it: how both get into the observation. */
import { describe, expect, it } from 'vitest';
import type { LedgerContext, WitnessContext } from '../lab.ts';
import { type ServiceObservation, serviceOf } from '../observation.ts';
import { serviceHarness, until } from './service-harness.ts';
import { SCHEDULED, variantHarness } from './variant-harness.ts';

const RECORDS = { records: ['demo.taken'] };
const ids = (count: number) => Array.from({ length: count }, (_, id) => String(id));

type Records = ServiceObservation['records'][string];
/** By number: operations that a busy machine sent together may arrive in any order. */
const sorted = (records: Records) => records.map(({ said }) => String(said.id)).sort((a, b) => Number(a) - Number(b));

function announcing(environment: Record<string, string> = {}) {
  const service = { name: 'backend', entry: 'services/announces.ts', environment: () => environment, watch: RECORDS };
  return { services: () => [service] };
}

describe('an announced step that is kept with what it says', () => {
  it('is in the observation once for each time, as it was said, in order; those of the warm-up are not', async () => {
    await using harness = variantHarness();
    const run = await harness.run({
      experiment: {
        ...announcing(),
        async warmUp({ urlOf }) {
          await fetch(urlOf('backend'), { headers: { 'operation-id': 'warm-up' } });
        },
      },
    });
    expect(run.error).toBeNull();
    const records = serviceOf(run, 'backend').records['demo.taken'] ?? [];
    expect(sorted(records)).toEqual(ids(SCHEDULED));
    const said = { id: expect.any(String), amount: 1.5, isNew: true, note: null, wallClockMs: expect.any(Number) };
    expect(records[0]?.said).toEqual(said);
    const times = records.map(({ atMs }) => atMs);
    expect(times).toEqual(times.toSorted((a, b) => a - b));
    expect(times[0]).toBeGreaterThanOrEqual(0);
    expect(times.at(-1)).toBeLessThanOrEqual(run.load.elapsedMs);
  });

  it('is there although the service was killed in the next line', async () => {
    await using harness = variantHarness();
    const last = String(SCHEDULED / 2);
    const run = await harness.run({ experiment: announcing({ LAST: last }) });
    const { exit, received, records } = serviceOf(run, 'backend');
    expect(exit).toMatchObject({ signal: 'SIGKILL' });
    const kept = records['demo.taken'] ?? [];
    expect(kept.at(-1)?.said.id).toBe(last);
    // Counted in a file, another way.
    expect(kept).toHaveLength(received);
  });

  it('is not kept unless the lab asks for it', async () => {
    await using harness = serviceHarness();
    const asked = await harness.start('announces', { name: 'asked', watch: RECORDS });
    const unasked = await harness.start('announces', { name: 'unasked', watch: { events: ['demo.taken'] } });
    for (const one of [asked, unasked]) {
      await one.get('/');
      await one.process[Symbol.asyncDispose]();
    }
    await until(() => asked.messages.some(({ type }) => type === 'record'));
    expect(asked.observe().records['demo.taken']).toHaveLength(1);
    expect(unasked.observe()).toMatchObject({ records: {}, events: { 'demo.taken': [expect.any(Number)] } });
  });
});

describe('witnesses', () => {
  it('are asked after the load, while the services answer; the ledger gets what they say, and the records', async () => {
    await using harness = variantHarness();
    const asked: string[] = [];
    let ledgers: LedgerContext<Record<string, number>> | undefined;
    const run = await harness.run({
      experiment: {
        ...announcing(),
        async witnesses({ urlOf, load }) {
          asked.push('witnesses');
          const answered = await (await fetch(urlOf('backend'))).text();
          return { desk: [{ answered, ok: load.counts.ok }], door: [] };
        },
        async ledger(context) {
          asked.push('ledger');
          ledgers = context;
          return { acknowledged: 0, lost: [], duplicate: [], phantom: [], reordered: [] };
        },
      },
    });
    expect(run.error).toBeNull();
    expect(asked).toEqual(['witnesses', 'ledger']);
    expect(run.witnesses).toEqual({ desk: [{ answered: 'ok', ok: SCHEDULED }], door: [] });
    expect(ledgers?.witnesses).toEqual(run.witnesses);
    expect(ledgers?.load).toBe(run.load);
    const records = ledgers?.services.backend?.records['demo.taken'] ?? [];
    expect(sorted(records.slice(0, SCHEDULED))).toEqual(ids(SCHEDULED));
  });

  it('are told how to place a time on the wall clock among those of the run', async () => {
    await using harness = variantHarness();
    let sinceStartMs: WitnessContext<never>['sinceStartMs'] = () => Number.NaN;
    const run = await harness.run({
      experiment: {
        ...announcing(),
        async witnesses(context) {
          sinceStartMs = context.sinceStartMs;
          return {};
        },
      },
    });
    const records = serviceOf(run, 'backend').records['demo.taken'] ?? [];
    const placed = records.map(({ said }) => sinceStartMs(said.wallClockMs as number));
    expect(placed).toHaveLength(SCHEDULED);
    // Each was read after the step before was announced and before its own was. The wall clock has whole milliseconds.
    const rounding = 2;
    placed.forEach((atMs, index) => {
      expect(atMs).toBeLessThanOrEqual((records[index]?.atMs ?? 0) + rounding);
      expect(atMs).toBeGreaterThanOrEqual((records[index - 1]?.atMs ?? 0) - rounding);
    });
  });

  it('that cannot be asked make the run an error, and the ledger is not reconciled without them', async () => {
    await using harness = variantHarness();
    let reconciled = false;
    const run = await harness.run({
      experiment: {
        witnesses: () => Promise.reject(new Error('the desk is closed')),
        ledger: async () => {
          reconciled = true;
          return { acknowledged: 0, lost: [], duplicate: [], phantom: [], reordered: [] };
        },
      },
    });
    expect(run.error).toBe('the ledger could not be reconciled: the desk is closed');
    expect([reconciled, run.witnesses, run.ledger]).toEqual([false, {}, null]);
    expect(run.load.counts.ok).toBe(SCHEDULED);
  });
});
