import { describe, expect, it } from 'vitest';
import type { Observation } from '../observation.ts';
import type { SelfCheck } from '../result/schema.ts';
import { runSelfChecks, type SelfCheckInput } from '../self-checks.ts';
import { checkInput, dependency, gateway, healthyRows, inFlightOf, setRows } from './made-up.ts';

/** The one check of that name, on a healthy run bent in one place. */
function check(name: string, bend?: (run: Observation) => void, changes: Partial<SelfCheckInput> = {}): SelfCheck {
  const found = runSelfChecks({ ...checkInput(bend), ...changes }).filter((one) => one.name === name);
  if (found.length !== 1) throw new Error(`${found.length} checks are named "${name}"`);
  return found[0] as SelfCheck;
}

it('a healthy run passes every check, each by its own name', () => {
  const checks = runSelfChecks(checkInput());
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  expect(new Set(checks.map(({ name }) => name)).size).toBe(checks.length);
  expect(checks.map(({ name }) => name)).toEqual([
    'conservation',
    "Little's law",
    'hop load → gateway',
    'hop gateway → dependency',
    'send lag (client-bound?)',
    "generator's event loop",
    "gateway's event loop",
    "dependency's event loop",
    'faults took effect',
    'clocks',
  ]);
});

describe('conservation', () => {
  const name = 'conservation';

  it('fails when an operation has no fate', () => {
    const failed = check(name, ({ load }) => {
      load.counts.ok -= 1;
    });
    expect(failed).toMatchObject({ ok: false, expected: 100, measured: 99 });
  });

  it('fails when an operation has two', () => {
    const failed = check(name, ({ load }) => {
      load.counts.timeout += 1;
    });
    expect(failed).toMatchObject({ ok: false, expected: 100, measured: 101 });
  });

  it('fails when the generator was given another schedule', () => {
    expect(check(name, undefined, { scheduled: 101 }).ok).toBe(false);
    const agreesWithItself = check(name, ({ load }) => {
      load.counts.intended = 99;
      load.counts.ok = 99;
    });
    expect(agreesWithItself.ok).toBe(false);
    const intendedOnly = check(name, ({ load }) => {
      load.counts.intended = 101;
    });
    expect(intendedOnly.ok).toBe(false);
  });

  it('counts what never ended as in flight', () => {
    const passed = check(name, (run) => setRows(run, [...healthyRows.slice(1), unfinished(0)]));
    expect(passed.ok).toBe(true);
  });
});

const unfinished = (startedAtMs: number) => ({ startedAtMs, endedAtMs: Number.NaN, outcome: null });

describe("Little's law", () => {
  const name = "Little's law";
  const scaled = (factor: number) => (run: Observation) => {
    const gauge = gateway(run).gauges['http.inFlight'];
    if (gauge !== undefined) gauge.value = gauge.value.map((value) => value * factor);
  };

  it('compares operation-seconds: 100 operations of 50 ms are 5', () => {
    expect(check(name)).toMatchObject({ ok: true, expected: 5, measured: 5 });
  });

  it('allows the two sources to differ by 5 %, up or down, and no more', () => {
    expect(check(name, scaled(1.049)).ok).toBe(true);
    expect(check(name, scaled(0.951)).ok).toBe(true);
    expect(check(name, scaled(1.051)).ok).toBe(false);
    expect(check(name, scaled(0.949)).ok).toBe(false);
  });

  it('counts operations that never ended, to the end of the run', () => {
    const rows = [...healthyRows.slice(20), ...healthyRows.slice(0, 20).map((row) => unfinished(row.startedAtMs))];
    const stuck = inFlightOf(rows);
    const both = check(name, (run) => {
      setRows(run, rows);
      gateway(run).gauges['http.inFlight'] = stuck;
    });
    expect(both.ok).toBe(true);
    expect(both.expected).toBeGreaterThan(5);
    const onlyTheClient = check(name, (run) => setRows(run, rows));
    expect(onlyTheClient.ok).toBe(false);
  });

  it('fails without samples: nothing sampled is not nothing in flight', () => {
    const lost = check(name, (run) => {
      gateway(run).gauges = {};
    });
    expect(lost).toMatchObject({ ok: false, measured: 0 });
    const late = check(name, (run) => {
      const gauge = gateway(run).gauges['http.inFlight'] ?? { atMs: [], value: [] };
      const from = gauge.atMs.findIndex((at) => at > 200);
      gauge.atMs = gauge.atMs.slice(from);
      gauge.value = gauge.value.slice(from);
    });
    expect(late.ok).toBe(false);
  });

  it('looks at the entry of the load, not at another service', () => {
    expect(check(name, (run) => Object.assign(dependency(run), { gauges: {} })).ok).toBe(true);
    expect(check(name, undefined, { hops: [{ from: 'load', to: 'nobody' }] }).ok).toBe(false);
  });
});

describe.each([
  {
    name: 'send lag (client-bound?)',
    late: (run: Observation, ms: number) => {
      run.load.sendLagMs.max = ms;
    },
  },
  {
    name: "generator's event loop",
    late: (run: Observation, ms: number) => {
      run.load.eventLoopDelayMs.max = ms;
    },
  },
  {
    name: "gateway's event loop",
    late: (run: Observation, ms: number) => {
      gateway(run).stalls = [
        { atMs: 100, durationMs: 3 },
        { atMs: 500, durationMs: ms },
        { atMs: 700, durationMs: 3 },
      ];
    },
  },
])('$name', ({ name, late }) => {
  it('may be as late as the resolution of the claims, and no later', () => {
    expect(check(name, (run) => late(run, 20))).toMatchObject({ ok: true, expected: '≤ 20 ms', measured: '20 ms' });
    expect(check(name, (run) => late(run, 20.1)).ok).toBe(false);
    expect(check(name, (run) => late(run, 20.1), { resolutionMs: 21 }).ok).toBe(true);
  });
});

describe("Little's law where a fault stops the entry service", () => {
  const stopped = { disturbed: [{ fromMs: 200, toMs: 600 }] };
  /** Nobody is seen in flight while it is stopped, although the client waits. */
  const unseen = (run: Observation) => {
    const gauge = inFlightOf(healthyRows);
    const value = gauge.value.map((level, i) =>
      (gauge.atMs[i] as number) >= 200 && (gauge.atMs[i] as number) < 600 ? 0 : level,
    );
    Object.assign(gateway(run), { gauges: { 'http.inFlight': { ...gauge, value } } });
  };

  it('leaves out what the service could not see', () => {
    const judged = check("Little's law", (run) => {
      unseen(run);
      Object.assign(gateway(run), stopped);
    });
    expect(judged.ok).toBe(true);
  });

  it('fails on the same samples when nothing stopped it', () => {
    expect(check("Little's law", unseen).ok).toBe(false);
  });

  it('still judges the time before and after', () => {
    const judged = check("Little's law", (run) => {
      Object.assign(gateway(run), stopped, { gauges: { 'http.inFlight': { atMs: [0], value: [0] } } });
    });
    expect(judged.ok).toBe(false);
  });
});

it('the event loop of a service is not judged while a fault stops it', () => {
  const judged = check("dependency's event loop", (run) => {
    Object.assign(dependency(run), {
      stalls: [{ atMs: 210, durationMs: 380 }],
      disturbed: [{ fromMs: 200, toMs: 600 }],
    });
  });
  expect(judged).toMatchObject({ ok: true, measured: '0 ms' });
});

it('the event loop of a service that a fault stopped is judged before and after', () => {
  const judged = check("dependency's event loop", (run) => {
    Object.assign(dependency(run), {
      stalls: [{ atMs: 700, durationMs: 100 }],
      disturbed: [{ fromMs: 200, toMs: 600 }],
    });
  });
  expect(judged).toMatchObject({ ok: false, measured: '100 ms' });
});

describe('the clocks', () => {
  it.each([
    [250, true],
    [-250, true],
    [251, false],
    [-3000, false],
  ])('that drift %d ms apart: ok is %s', (skewMs, ok) => {
    const judged = check('clocks', (run) => {
      run.wallClockSkewMs = skewMs;
    });
    expect(judged.ok).toBe(ok);
  });
});
