import { identify, isAlive, type ProcessIdentity } from '@backend-labs/stack/process-identity';
import { describe, expect, it } from 'vitest';
import { hopBalance } from '../hop-balance.ts';
import { serviceOf } from '../observation.ts';
import { conservation } from '../self-checks.ts';
import { ServiceStartError } from '../shell/service-start-error.ts';
import { RATE, SCHEDULED, variantHarness } from './variant-harness.ts';

const idOf = async (url: string) => identify(Number(await (await fetch(new URL('/pid', url))).text()));

describe('a run of a variant', () => {
  it('observes every operation at both ends, and what the lab watches', async () => {
    await using harness = variantHarness();
    const run = await harness.run();
    expect(run.error).toBeNull();
    expect(conservation(run.load.counts, SCHEDULED)).toMatchObject({ ok: true });
    expect(hopBalance(run, [{ from: 'load', to: 'backend' }])).toMatchObject({ ok: true, measured: SCHEDULED });
    expect(serviceOf(run, 'backend').events['demo.work-started']).toHaveLength(SCHEDULED);
    expect(serviceOf(run, 'backend').disturbed).toEqual([]);
  });

  it('takes two replicas as one entry for the load, which goes to them in turn', async () => {
    await using harness = variantHarness();
    const replicas = ['backend-1', 'backend-2'];
    const hops = replicas.map((to) => ({ from: 'load', to }));
    const run = await harness.run({
      experiment: {
        services: () => replicas.map((name) => ({ name, entry: 'services/backend.ts' })),
        operation: ({ urlOf }) => ({ kind: 'http', url: replicas.map((name) => `${urlOf(name)}/work?ms=20`) }),
        hops,
      },
    });
    expect(run.error).toBeNull();
    expect(replicas.map((name) => serviceOf(run, name).received)).toEqual([SCHEDULED / 2, SCHEDULED / 2]);
    expect(hopBalance(run, hops)).toMatchObject({ ok: true, measured: SCHEDULED });
  });

  it('leaves the calls of its warm-up out of what it counts', async () => {
    await using harness = variantHarness();
    const run = await harness.run({
      experiment: {
        async warmUp({ urlOf }) {
          for (let i = 0; i < 7; i++) await fetch(urlOf('backend'));
        },
      },
    });
    expect(serviceOf(run, 'backend').received).toBe(SCHEDULED);
  });

  it('reconciles the ledger after the load, while the services still answer', async () => {
    await using harness = variantHarness();
    const run = await harness.run({
      experiment: {
        async ledger({ urlOf, load }) {
          const answered = await (await fetch(urlOf('backend'))).text();
          return { acknowledged: load.counts.ok, lost: [answered], duplicate: [], phantom: [], reordered: [] };
        },
      },
    });
    expect(run.ledger).toMatchObject({ acknowledged: SCHEDULED, lost: ['ok'] });
  });

  it('has an error when the ledger cannot be reconciled, and keeps what was measured', async () => {
    await using harness = variantHarness();
    const run = await harness.run({ experiment: { ledger: () => Promise.reject(new Error('no table')) } });
    expect(run.error).toBe('the ledger could not be reconciled: no table');
    expect(run.load.counts.ok).toBe(SCHEDULED);
  });
});

describe('a service that ends', () => {
  it('in the middle of the load gives an observation with an error, how it ended, and what was measured', async () => {
    await using harness = variantHarness();
    let url = '';
    const run = await harness.run({
      faults: {
        exit: {
          inject: async ({ urlOf }) => {
            url = urlOf('backend');
            await fetch(new URL('/control/exit', url)).catch(() => {});
          },
          heal: async () => {},
        },
      },
      timeline: [{ fault: 'exit', atMs: 400, healAtMs: 900 }],
      durationMs: 60_000,
    });
    expect(run.error).toContain('the service backend ended in the middle of the run (exit code 5)');
    expect(serviceOf(run, 'backend').exit).toMatchObject({ code: 5, signal: null });
    expect(run.load.counts.ok).toBeGreaterThan(0);
    // The rest of the schedule would only measure refused connections.
    expect(run.load.counts.intended).toBeLessThan((RATE * 60_000) / 1000);
    expect(conservation(run.load.counts, run.load.counts.intended).ok).toBe(true);
  });

  it('at its start is a failed start', async () => {
    await using harness = variantHarness();
    const services = () => [{ name: 'backend', entry: 'services/dies-once-listening.ts' }];
    await expect(harness.run({ experiment: { services } })).rejects.toBeInstanceOf(ServiceStartError);
  });

  it('while another service starts is a failed start too, of the one that ended', async () => {
    await using harness = variantHarness();
    const failure = await harness
      .run({
        experiment: {
          services: () => [
            { name: 'backend', entry: 'services/backend.ts' },
            {
              name: 'second',
              entry: 'services/never-listens.ts',
              environment(urlOf) {
                void fetch(new URL('/control/exit', urlOf('backend'))).catch(() => {});
                return {};
              },
            },
          ],
        },
      })
      .catch((error: Error) => error);
    expect(failure).toBeInstanceOf(ServiceStartError);
    expect((failure as Error).message).toContain('the service backend ended before the load (exit code 5)');
  });
});

describe('an aborted run', () => {
  it('ends with the reason, and nothing that it started runs on', async () => {
    await using harness = variantHarness();
    const abort = new AbortController();
    let backend: ProcessIdentity | null = null;
    const run = harness.run({
      faults: {
        look: {
          inject: async ({ urlOf }) => {
            backend = await idOf(urlOf('backend'));
            abort.abort(new Error('Ctrl-C'));
          },
          heal: async () => {},
        },
      },
      timeline: [{ fault: 'look', atMs: 300, healAtMs: 900 }],
      durationMs: 60_000,
      signal: abort.signal,
    });
    await expect(run).rejects.toThrow('Ctrl-C');
    expect(backend).not.toBeNull();
    expect(isAlive(backend as unknown as ProcessIdentity)).toBe(false);
  });

  it('does not start what it had not started yet', async () => {
    await using harness = variantHarness();
    await expect(harness.run({ signal: AbortSignal.abort(new Error('Ctrl-C')) })).rejects.toThrow('Ctrl-C');
  });
});
