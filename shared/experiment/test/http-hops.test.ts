import { describe, expect, it } from 'vitest';
import { hopBalance } from '../hop-balance.ts';
import { madeUp } from './made-up.ts';
import { type Harness, type StartedService, serviceHarness, until } from './service-harness.ts';

const FOR_EVER = '/work?ms=3600000';

async function pair(harness: Harness): Promise<{ backend: StartedService; caller: StartedService }> {
  const backend = await harness.start('backend');
  const environment = { DESTINATION: backend.process.url };
  return { backend, caller: await harness.start('caller', { calls: [backend], environment }) };
}

/** Both ends of the hop, and what the self-check says of them. */
function hop({ backend, caller }: { backend: StartedService; caller: StartedService }) {
  const services = { caller: caller.observe(), backend: backend.observe() };
  const { ok } = hopBalance(
    madeUp((run) => Object.assign(run, { services })),
    [{ from: 'caller', to: 'backend' }],
  );
  return { ...services.caller.sent.backend, received: services.backend.received, balanced: ok };
}

describe.each(['fetch', 'node'])('calls by %s from one service to another', (client) => {
  const call = (caller: StartedService, path: string) =>
    caller.get(`/call?client=${client}&path=${encodeURIComponent(path)}`);

  it('are counted at both ends', async () => {
    await using harness = serviceHarness();
    const services = await pair(harness);
    for (let i = 0; i < 5; i++) expect(await call(services.caller, '/work?ms=1')).toBe('ok');
    expect(hop(services)).toEqual({ sent: 5, refused: 0, cut: 0, abandoned: 0, received: 5, balanced: true });
    expect(services.caller.observe().received).toBe(5);
  });

  it('are refused when the backend is down, and answered again after its restart', async () => {
    await using harness = serviceHarness();
    const services = await pair(harness);
    await services.backend.process.kill();
    for (let i = 0; i < 4; i++) expect(await call(services.caller, '/work?ms=1')).not.toBe('ok');
    expect(hop(services)).toEqual({ sent: 4, refused: 4, cut: 0, abandoned: 0, received: 0, balanced: true });
    await services.backend.process.restart();
    expect(await call(services.caller, '/work?ms=1')).toBe('ok');
    expect(hop(services)).toMatchObject({ sent: 5, refused: 4, received: 1, balanced: true });
  });

  it('are cut when the backend is killed while it works on them', async () => {
    await using harness = serviceHarness();
    const services = await pair(harness);
    const calls = [1, 2, 3].map(() => call(services.caller, FOR_EVER));
    await until(() => services.backend.observe().received === 3);
    await services.backend.process.kill();
    for (const said of await Promise.all(calls)) expect(said).not.toBe('ok');
    expect(hop(services)).toEqual({ sent: 3, refused: 0, cut: 3, abandoned: 0, received: 3, balanced: true });
  });

  it('are abandoned when the caller gives up, and the backend did get them', async () => {
    await using harness = serviceHarness();
    const services = await pair(harness);
    const calls = [call(services.caller, FOR_EVER), call(services.caller, FOR_EVER)];
    await until(() => services.backend.observe().received === 2);
    await services.caller.get('/control/give-up');
    expect(await Promise.all(calls)).toEqual(['AbortError', 'AbortError']);
    expect(hop(services)).toEqual({ sent: 2, refused: 0, cut: 0, abandoned: 2, received: 2, balanced: true });
  });

  it('are neither cut nor abandoned once an answer has begun', async () => {
    await using harness = serviceHarness();
    const services = await pair(harness);
    await call(services.caller, '/work?ms=1');
    await services.backend.process.kill();
    await services.caller.get('/control/give-up');
    expect(hop(services)).toMatchObject({ sent: 1, cut: 0, abandoned: 0 });
  });

  it('do not count to health and control routes, with or without a query', async () => {
    await using harness = serviceHarness();
    const services = await pair(harness);
    for (const path of ['/health/ready', '/control', '/control/x', '/control?hangMs=5', '/health?verbose']) {
      await call(services.caller, path);
    }
    expect(hop(services)).toEqual({ sent: 0, refused: 0, cut: 0, abandoned: 0, received: 0, balanced: true });
    await call(services.caller, '/controlled');
    expect(hop(services)).toMatchObject({ sent: 1, received: 1 });
  });
});

it('calls that bypass the counted caller are found by the balance', async () => {
  await using harness = serviceHarness();
  const services = await pair(harness);
  await services.backend.get('/work?ms=1');
  expect(hop(services)).toMatchObject({ sent: 0, received: 1, balanced: false });
});

it('what a service has in flight is sampled, and is zero again when a caller has gone away', async () => {
  await using harness = serviceHarness();
  const services = await pair(harness);
  const inFlight = () => services.backend.observe().gauges['http.inFlight']?.value.at(-1);
  const call = services.caller.get(`/call?path=${FOR_EVER}`);
  await until(() => inFlight() === 1);
  await services.caller.get('/control/give-up');
  await call;
  await until(() => inFlight() === 0);
  expect(Math.max(...(services.backend.observe().gauges['http.inFlight']?.value ?? []))).toBe(1);
});
