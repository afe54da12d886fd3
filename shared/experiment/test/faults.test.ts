import { describe, expect, it } from 'vitest';
import { killService, pauseService, postControl } from '../faults.ts';
import type { FaultDefinition } from '../lab.ts';
import { type Observation, serviceOf } from '../observation.ts';
import { conservation, faultsTookEffect, hopBalance, serviceEventLoop } from '../self-checks.ts';
import { variantHarness } from './variant-harness.ts';

const hop = { from: 'load', to: 'backend' };
const touching = (what: 'pause' | 'kill'): Record<string, FaultDefinition> => ({
  crash: what === 'pause' ? pauseService('backend') : killService('backend'),
});
const atThirdStep = { service: 'backend', event: 'demo.step', occurrence: 3 };

/** Each moment of the first fault is there, and none is before the one that leads to it. */
function expectInOrder({ timeline: [entry] }: Observation, plannedAtMs: number) {
  const moments = [plannedAtMs, entry?.askedAtMs, entry?.effectiveAtMs, entry?.healAskedAtMs, entry?.healedAtMs];
  expect(moments).toEqual(moments.map(() => expect.any(Number)));
  expect(moments).toEqual([...moments].sort((a, b) => (a as number) - (b as number)));
}

describe('a fault at a time', () => {
  it('takes effect after that time and is healed after the other, and the run goes on', async () => {
    await using harness = variantHarness();
    const told: string[] = [];
    const run = await harness.run({
      faults: touching('pause'),
      timeline: [{ fault: 'crash', atMs: 300, healAtMs: 500 }],
      onFault: ({ fault }, what) => told.push(`${fault} ${what}`),
    });
    expect(run.error).toBeNull();
    expect(run.timeline).toMatchObject([{ fault: 'crash', trigger: 'at 300 ms' }]);
    expectInOrder(run, 300);
    expect(run.timeline[0]?.healAskedAtMs).toBeGreaterThanOrEqual(500);
    expect(told).toEqual(['crash injected', 'crash healed']);
    const { effectiveAtMs, healAskedAtMs } = run.timeline[0] ?? {};
    const arrived = serviceOf(run, 'backend').events['demo.work-started'] ?? [];
    expect(arrived.filter((at) => at > (effectiveAtMs ?? 0) && at < (healAskedAtMs ?? 0))).toEqual([]);
    expect(arrived.length).toBe(run.load.counts.ok);
    expect(serviceOf(run, 'backend').touchedByFault).toBe(true);
    expect(conservation(run.load.counts, 100).ok).toBe(true);
  });

  it('that kills the service explains what was refused and cut, and operations are ok again after it', async () => {
    await using harness = variantHarness();
    const run = await harness.run({
      faults: touching('kill'),
      timeline: [{ fault: 'crash', atMs: 200, healAtMs: 400 }],
      // Time enough for a restart on a busy machine.
      durationMs: 4000,
    });
    expect(run.error).toBeNull();
    expectInOrder(run, 200);
    expect(run.load.reasons.ECONNREFUSED).toBeGreaterThan(0);
    expect(hopBalance(run, hop)).toMatchObject({ ok: true });
    const healedAtMs = run.timeline[0]?.healedAtMs ?? Number.POSITIVE_INFINITY;
    expect(serviceOf(run, 'backend').events['demo.work-started']?.some((at) => at > healedAtMs)).toBe(true);
  });

  it('that cannot be injected is healed all the same, and makes the run an error', async () => {
    await using harness = variantHarness();
    let healed = 0;
    const run = await harness.run({
      faults: {
        broken: {
          inject: () => Promise.reject(new Error('no such route')),
          heal: async () => {
            healed += 1;
          },
        },
      },
      timeline: [{ fault: 'broken', atMs: 100, healAtMs: 300 }],
    });
    expect(healed).toBe(1);
    expect(run.error).toBe('fault broken could not be injected: no such route');
    expect(run.timeline).toMatchObject([{ effectiveAtMs: null, healedAtMs: expect.any(Number) }]);
  });

  it('that cannot be healed makes the run an error', async () => {
    await using harness = variantHarness();
    const run = await harness.run({
      faults: { stuck: { inject: async () => {}, heal: () => Promise.reject(new Error('it hangs')) } },
      timeline: [{ fault: 'stuck', atMs: 100, healAtMs: 300 }],
    });
    expect(run.error).toBe('fault stuck could not be healed: it hangs');
    expect(run.timeline).toMatchObject([{ effectiveAtMs: expect.any(Number), healedAtMs: null }]);
  });

  it('is healed at once when the run is aborted', async () => {
    await using harness = variantHarness();
    const abort = new AbortController();
    const told: string[] = [];
    const run = harness.run({
      faults: touching('pause'),
      timeline: [{ fault: 'crash', atMs: 100, healAtMs: 59_000 }],
      durationMs: 60_000,
      signal: abort.signal,
      onFault(entry, what) {
        told.push(what);
        if (what === 'injected') abort.abort(new Error('Ctrl-C'));
        else expect(entry.healAskedAtMs).toBeLessThan(59_000);
      },
    });
    await expect(run).rejects.toThrow('Ctrl-C');
    expect(told).toEqual(['injected', 'healed']);
  });
});

describe('a fault at an event', () => {
  it('begins while the service is held there, before its next line, and then lets it go on', async () => {
    await using harness = variantHarness();
    let atInjection: string[] = [];
    const look: FaultDefinition = {
      inject: async () => {
        atInjection = harness.steps();
      },
      heal: async () => {},
    };
    const run = await harness.run({
      path: '/step',
      faults: { look },
      timeline: [{ fault: 'look', when: atThirdStep, healAfterMs: 100 }],
    });
    expect(run.error).toBeNull();
    expect(atInjection).toEqual(['before 1', 'after 1', 'before 2', 'after 2', 'before 3']);
    expect(run.timeline).toMatchObject([{ trigger: 'backend announces demo.step, occurrence 3' }]);
    expectInOrder(run, 0);
    expect(run.load.counts.ok).toBe(100);
    expect(harness.steps().at(-1)).toBe('after 100');
  });

  it('that kills that service does so right there', async () => {
    await using harness = variantHarness();
    const run = await harness.run({
      path: '/step',
      faults: touching('kill'),
      timeline: [{ fault: 'crash', when: atThirdStep, healAfterMs: 100 }],
    });
    expect(run.error).toBeNull();
    expect(harness.steps().slice(4, 6)).toEqual(['before 3', 'before 1']);
    expect(hopBalance(run, hop)).toMatchObject({ ok: true });
  });

  it('that cannot be injected still lets the held service go on', async () => {
    await using harness = variantHarness();
    const run = await harness.run({
      path: '/step',
      faults: { broken: { inject: () => Promise.reject(new Error('no such route')), heal: async () => {} } },
      timeline: [{ fault: 'broken', when: atThirdStep, healAfterMs: 100 }],
    });
    expect(run.error).toBe('fault broken could not be injected: no such route');
    expect(run.load.counts.ok).toBe(100);
  });

  it('is not the machine’s fault: a service that was held long is not judged by its event loop', async () => {
    await using harness = variantHarness();
    const slow: FaultDefinition = {
      inject: () => new Promise((resolve) => setTimeout(resolve, 300)),
      heal: async () => {},
    };
    const run = await harness.run({
      path: '/step',
      faults: { slow },
      timeline: [{ fault: 'slow', when: atThirdStep, healAfterMs: 100 }],
    });
    const stalls = serviceOf(run, 'backend').stalls.map(({ durationMs }) => durationMs);
    expect(Math.max(...stalls)).toBeGreaterThan(200);
    expect(serviceEventLoop(serviceOf(run, 'backend'), 100).ok).toBe(true);
  });

  it('that never comes is left out of the timeline, which fails the self-check', async () => {
    await using harness = variantHarness();
    const run = await harness.run({
      faults: touching('kill'),
      timeline: [{ fault: 'crash', when: atThirdStep, healAfterMs: 100 }],
    });
    expect(run.timeline).toEqual([]);
    const check = faultsTookEffect({
      observation: run,
      scheduled: 100,
      hops: [hop],
      resolutionMs: 100,
      plannedAtMs: [null],
    });
    expect(check).toMatchObject({ ok: false, measured: 'a planned fault was never asked for' });
  });
});

it('a control route that refuses is an error with its answer', async () => {
  await using harness = variantHarness();
  const run = await harness.run({
    faults: {
      hang: {
        inject: (context) => postControl(context, 'nobody', '/control', {}),
        heal: (context) => postControl(context, 'backend', '/control', { hangMs: 0 }),
      },
    },
    timeline: [{ fault: 'hang', atMs: 100, healAtMs: 300 }],
  });
  expect(run.error).toBe('fault hang could not be injected: there is no service named nobody');
});
