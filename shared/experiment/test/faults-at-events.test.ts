import { describe, expect, it } from 'vitest';
import { killService } from '../faults.ts';
import { hopBalance } from '../hop-balance.ts';
import type { FaultDefinition } from '../lab.ts';
import { serviceOf } from '../observation.ts';
import { faultsTookEffect, serviceEventLoop } from '../self-checks.ts';
import { expectInOrder, SCHEDULED, variantHarness } from './variant-harness.ts';

const hop = { from: 'load', to: 'backend' };
const crash: Record<string, FaultDefinition> = { crash: killService('backend') };
const atThirdStep = { service: 'backend', event: 'demo.step', occurrence: 3 };

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
    expect(run.load.counts.ok).toBe(SCHEDULED);
    expect(harness.steps().at(-1)).toBe(`after ${SCHEDULED}`);
  });

  it('that kills that service does so right there', async () => {
    await using harness = variantHarness();
    const run = await harness.run({
      path: '/step',
      faults: crash,
      timeline: [{ fault: 'crash', when: atThirdStep, healAfterMs: 100 }],
    });
    expect(run.error).toBeNull();
    const [held, next] = harness.steps().slice(4);
    expect(held).toBe('before 3');
    // Of the restarted process, if it was back before the load ended.
    expect([undefined, 'before 1']).toContain(next);
    expect(hopBalance(run, [hop])).toMatchObject({ ok: true });
  });

  it('that cannot be injected still lets the held service go on', async () => {
    await using harness = variantHarness();
    const run = await harness.run({
      path: '/step',
      faults: { broken: { inject: () => Promise.reject(new Error('no such route')), heal: async () => {} } },
      timeline: [{ fault: 'broken', when: atThirdStep, healAfterMs: 100 }],
    });
    expect(run.error).toBe('fault broken could not be injected: no such route');
    expect(run.load.counts.ok).toBe(SCHEDULED);
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
      faults: crash,
      timeline: [{ fault: 'crash', when: atThirdStep, healAfterMs: 100 }],
    });
    expect(run.timeline).toEqual([]);
    const check = faultsTookEffect({
      observation: run,
      scheduled: SCHEDULED,
      hops: [hop],
      resolutionMs: 100,
      plannedAtMs: [null],
    });
    expect(check).toMatchObject({ ok: false, measured: 'a planned fault was never asked for' });
  });
});
