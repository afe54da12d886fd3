import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { killService, pauseService, postControl } from '../faults.ts';
import { hopBalance } from '../hop-balance.ts';
import type { FaultDefinition } from '../lab.ts';
import { serviceOf } from '../observation.ts';
import { conservation } from '../self-checks.ts';
import { expectInOrder, SCHEDULED, variantHarness } from './variant-harness.ts';

const hop = { from: 'load', to: 'backend' };
const touching = (what: 'pause' | 'kill'): Record<string, FaultDefinition> => ({
  crash: what === 'pause' ? pauseService('backend') : killService('backend'),
});

describe('a fault at a time', () => {
  it('takes effect after that time and is healed after the other, and the run goes on', async () => {
    await using harness = variantHarness();
    const told: string[] = [];
    const run = await harness.run({
      faults: touching('pause'),
      timeline: [{ fault: 'crash', atMs: 200, healAtMs: 400 }],
      onFault: ({ fault }, what) => told.push(`${fault} ${what}`),
    });
    expect(run.error).toBeNull();
    expect(run.timeline).toMatchObject([{ fault: 'crash', trigger: 'at 200 ms' }]);
    expectInOrder(run, 200);
    expect(run.timeline[0]?.healAskedAtMs).toBeGreaterThanOrEqual(400);
    expect(told).toEqual(['crash injected', 'crash healed']);
    const { effectiveAtMs, healAskedAtMs } = run.timeline[0] ?? {};
    const arrived = serviceOf(run, 'backend').events['demo.work-started'] ?? [];
    expect(arrived.filter((at) => at > (effectiveAtMs ?? 0) && at < (healAskedAtMs ?? 0))).toEqual([]);
    expect(arrived.length).toBe(run.load.counts.ok);
    expect(serviceOf(run, 'backend').disturbed).toHaveLength(1);
    expect(conservation(run.load.counts, SCHEDULED).ok).toBe(true);
  });

  it('that kills the service explains what was refused and cut, and operations are ok again after it', async () => {
    await using harness = variantHarness();
    const run = await harness.run({
      faults: touching('kill'),
      timeline: [{ fault: 'crash', atMs: 200, healAtMs: 400 }],
      // Time enough for a restart on a busy machine.
      durationMs: 6000,
    });
    expect(run.error).toBeNull();
    expectInOrder(run, 200);
    expect(run.load.reasons.ECONNREFUSED).toBeGreaterThan(0);
    expect(hopBalance(run, [hop])).toMatchObject({ ok: true });
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

it('a fault on a service that does not exist names it', async () => {
  await using harness = variantHarness();
  const run = await harness.run({
    faults: { crash: killService('nobody') },
    timeline: [{ fault: 'crash', atMs: 100, healAtMs: 300 }],
  });
  expect(run.error).toContain('fault crash could not be injected: there is no service named nobody');
});

it('a control route gets the body as JSON, and one that refuses is an error with its answer', async () => {
  await using stack = new AsyncDisposableStack();
  const server = createServer(async (request, response) => {
    const { hangMs } = JSON.parse(await text(request)) as { hangMs: number };
    response.writeHead(hangMs < 0 ? 422 : 204).end(hangMs < 0 ? 'time does not run backwards' : undefined);
  });
  stack.defer(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const urlOf = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const context = { urlOf, signal: new AbortController().signal };
  await postControl(context, 'shop', '/control', { hangMs: 5 });
  await expect(postControl(context, 'shop', '/control', { hangMs: -1 })).rejects.toThrow(
    'shop refused POST /control: 422 time does not run backwards',
  );
});
