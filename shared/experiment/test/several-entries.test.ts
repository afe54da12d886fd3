import { describe, expect, it } from 'vitest';
import { balancesOf } from '../hop-balance.ts';
import type { Observation } from '../observation.ts';
import { runSelfChecks } from '../self-checks.ts';
import { checkInput, dependency, healthyRows, inFlightOf, service, setRows } from './made-up.ts';

const HOPS = [
  { from: 'load', to: 'gateway-1' },
  { from: 'gateway-1', to: 'dependency' },
  { from: 'load', to: 'gateway-2' },
  { from: 'gateway-2', to: 'dependency' },
];
const OF_LOAD = 'hop load → gateway-1 + gateway-2';
const OF_GATEWAYS = 'hop gateway-1 + gateway-2 → dependency';

/** The healthy run with two replicas of the gateway: one takes the even operations, the other the odd ones. */
function checks(bend: (run: Observation, one: Replica, two: Replica) => void = () => {}) {
  const input = checkInput((run) => {
    const [one, two] = [0, 1].map((parity) => {
      const rows = healthyRows.filter((_, id) => id % 2 === parity);
      return service(`gateway-${parity + 1}`, {
        received: rows.length,
        sent: { dependency: { sent: rows.length, refused: 0, cut: 0, abandoned: 0 } },
        gauges: { 'http.inFlight': inFlightOf(rows) },
      });
    }) as [Replica, Replica];
    run.services = { 'gateway-1': one, 'gateway-2': two, dependency: dependency(run) };
    bend(run, one, two);
  });
  const found = runSelfChecks({ ...input, hops: HOPS });
  return { all: found, of: (name: string) => found.find((one) => one.name === name) };
}
type Replica = ReturnType<typeof service>;

const gaugeOf = (replica: Replica) => replica.gauges['http.inFlight'] as { atMs: number[]; value: number[] };

it('a healthy run with two entry services passes, and its hops are balanced as two', () => {
  const { all } = checks();
  expect(all.filter(({ ok }) => !ok)).toEqual([]);
  expect(all.map(({ name }) => name).filter((name) => name.startsWith('hop'))).toEqual([OF_LOAD, OF_GATEWAYS]);
});

describe("Little's law with two entry services", () => {
  it('adds up what both have in flight', () => {
    expect(checks().of("Little's law")).toMatchObject({ ok: true, expected: 5, measured: 5 });
  });

  it.each([0, 1])('fails when replica %i counts double, or nothing', (index) => {
    const scaled = (factor: number) =>
      checks((_, ...replicas) => {
        const gauge = gaugeOf(replicas[index] as Replica);
        gauge.value = gauge.value.map((value) => value * factor);
      }).of("Little's law");
    expect(scaled(2)?.ok).toBe(false);
    expect(scaled(0)?.ok).toBe(false);
    // 10 % of half of the load is within the 5 %, a tenth more is not.
    expect(scaled(1.09)?.ok).toBe(true);
    expect(scaled(1.11)?.ok).toBe(false);
  });

  it('fails when one of them was not sampled', () => {
    const unsampled = checks((_, _one, two) => Object.assign(two, { gauges: {} })).of("Little's law");
    expect(unsampled).toMatchObject({ ok: false, measured: 0 });
  });

  it('leaves out the time in which a fault stops either of them', () => {
    /** Stopped at times that overlap: nobody is seen in flight, although the client waits. */
    const stopped = (isKnown: boolean) =>
      checks((_, one, two) => {
        for (const [replica, fromMs, toMs] of [[one, 200, 500] as const, [two, 400, 600] as const]) {
          const gauge = gaugeOf(replica);
          const isStopped = (at: number) => at >= fromMs && at < toMs;
          gauge.value = gauge.value.map((value, i) => (isStopped(gauge.atMs[i] as number) ? 0 : value));
          replica.disturbed = isKnown ? [{ fromMs, toMs }] : [];
        }
      }).of("Little's law");
    expect(stopped(true)).toMatchObject({ ok: true });
    expect(stopped(false)?.ok).toBe(false);
  });
});

describe('the hop of the load to two entry services', () => {
  const receiving = (first: number, second: number, touched = false) =>
    checks((run, one, two) => {
      setRows(run, [...healthyRows.slice(10), ...healthyRows.slice(0, 10).map((row) => ({ ...row, ...unanswered }))]);
      Object.assign(one, { received: first });
      Object.assign(two, { received: second, disturbed: touched ? [{ fromMs: 200, toMs: 600 }] : [] });
    }).of(OF_LOAD);
  const unanswered = { outcome: 'timeout' as const };

  it('compares what was sent with what both received, however it was shared out', () => {
    expect(receiving(50, 50)).toMatchObject({ ok: true, measured: 100 });
    expect(receiving(80, 20)?.ok).toBe(true);
  });

  it('fails when an operation vanished on the way to either, or came twice', () => {
    expect(receiving(49, 50)).toMatchObject({ ok: false, expected: '100 sent − 0 refused − 0…0 cut', measured: 99 });
    expect(receiving(50, 49)?.ok).toBe(false);
    expect(receiving(50, 51)?.ok).toBe(false);
  });

  it('lets timeouts explain what is missing where a fault touched one of them', () => {
    expect(receiving(50, 40, true)?.ok).toBe(true);
    expect(receiving(50, 39, true)?.ok).toBe(false);
    expect(receiving(50, 40)?.ok).toBe(false);
  });

  it('fails when one of them was not there', () => {
    const missing = checks(({ services }) => delete services['gateway-2']).of(OF_LOAD);
    expect(missing).toMatchObject({ ok: false, measured: 'an end is missing' });
  });
});

describe('the hops of two senders to one receiver', () => {
  it('balance as a sum, because the receiver cannot tell them apart', () => {
    expect(checks().of(OF_GATEWAYS)).toMatchObject({ ok: true, measured: 100 });
    const vanished = checks((run) => Object.assign(dependency(run), { received: 99 })).of(OF_GATEWAYS);
    expect(vanished?.ok).toBe(false);
    const cut = checks((run, one) => {
      Object.assign(one.sent.dependency ?? {}, { cut: 1 });
      Object.assign(dependency(run), { received: 99 });
    }).of(OF_GATEWAYS);
    expect(cut?.ok).toBe(true);
  });
});

it('hops that share neither the load nor a receiver are balanced one by one', () => {
  const chain = [
    { from: 'load', to: 'a' },
    { from: 'a', to: 'b' },
    { from: 'a', to: 'c' },
  ];
  expect(balancesOf(chain)).toEqual(chain.map((hop) => [hop]));
  // An entry service that another entry service calls too receives from both.
  const both = [...HOPS.slice(0, 1), ...HOPS.slice(2, 3), { from: 'gateway-1', to: 'gateway-2' }];
  expect(balancesOf(both)).toEqual([both]);
});
