import { describe, expect, test } from 'vitest';
import { littlesLaw } from '../littles-law.ts';
import type { Gauge } from '../observation.ts';
import { checkInput, fromRows, inFlightOf, type Row, service } from './made-up.ts';

const OUTSIDE_MS = 0.8;

/** 100 operations of 2 ms, of which the service knows only the part that is its own. */
const rowsOf = (lastsMs: number): Row[] =>
  Array.from({ length: 100 }, (_, id) => ({ startedAtMs: id * 10, endedAtMs: id * 10 + lastsMs, outcome: 'ok' }));

function inputOf(gauge: Gauge, roundTripMs: number | null) {
  const input = checkInput();
  const roundTrips =
    roundTripMs === null ? [] : Array.from({ length: 20 }, (_, n) => ({ atMs: n * 40, durationMs: roundTripMs }));
  const load = { ...input.observation.load, ...fromRows(rowsOf(2)), roundTrips };
  const gateway = service('gateway', { gauges: { 'http.inFlight': gauge } });
  return {
    ...input,
    observation: { ...input.observation, load, services: { ...input.observation.services, gateway } },
  };
}

describe("Little's law with calls of a millisecond or two", () => {
  const ofTheService = inFlightOf(rowsOf(2 - OUTSIDE_MS));

  test('the time that a round trip takes outside of the service is allowed for', () => {
    expect(littlesLaw(inputOf(ofTheService, OUTSIDE_MS)).ok).toBe(true);
  });

  test('but only as much of it as was measured', () => {
    expect(littlesLaw(inputOf(ofTheService, OUTSIDE_MS / 2)).ok).toBe(false);
    expect(littlesLaw(inputOf(ofTheService, null)).ok).toBe(false);
  });

  test('a gauge that counts double does not pass for it', () => {
    const doubled = { ...ofTheService, value: ofTheService.value.map((level) => 2 * level) };
    expect(littlesLaw(inputOf(doubled, OUTSIDE_MS)).ok).toBe(false);
  });

  test('nor does one that misses every second operation', () => {
    const half = inFlightOf(rowsOf(2 - OUTSIDE_MS).filter((_, id) => id % 2 === 0));
    expect(littlesLaw(inputOf(half, OUTSIDE_MS)).ok).toBe(false);
  });

  test('a service that had nothing in flight at all fails, even if round trips would explain all of it', () => {
    const never = { ...ofTheService, value: ofTheService.value.map(() => 0) };
    const once = inFlightOf(rowsOf(2 - OUTSIDE_MS).slice(0, 1));
    // As long as the operations themselves: of the service's own time nothing needs to be left.
    expect(littlesLaw(inputOf(once, 2)).ok).toBe(true);
    expect(littlesLaw(inputOf(never, 2)).ok).toBe(false);
  });

  test('of a few operations only the upper side is checked: one alone is more than the tolerance', () => {
    const checked = (count: number, share: number) => {
      const rows = rowsOf(2).slice(0, count);
      const input = inputOf(inFlightOf(rows.map((row) => ({ ...row, endedAtMs: row.startedAtMs + 2 * share }))), null);
      const load = { ...input.observation.load, ...fromRows(rows) };
      return littlesLaw({ ...input, observation: { ...input.observation, load } });
    };
    expect(checked(19, 0.5)).toMatchObject({ ok: true, expected: expect.stringContaining('too few operations') });
    expect(checked(20, 0.5).ok).toBe(false);
    expect(checked(19, 1.2).ok).toBe(false);
    expect(checked(19, 0).ok).toBe(false);
  });

  test('but one to which nothing was sent had nothing to do', () => {
    const input = inputOf({ atMs: [0], value: [0] }, OUTSIDE_MS);
    const load = { ...input.observation.load, ...fromRows([]) };
    expect(littlesLaw({ ...input, observation: { ...input.observation, load } }).ok).toBe(true);
  });

  test('a round trip that met a stopped service says nothing', () => {
    const input = inputOf(ofTheService, OUTSIDE_MS / 2);
    const stopped = { fromMs: 400, toMs: 500 };
    const gateway = { ...input.observation.services.gateway, disturbed: [stopped] } as ReturnType<typeof service>;
    const roundTrips = [...input.observation.load.roundTrips, { atMs: 399, durationMs: 102 }];
    const observation = {
      ...input.observation,
      load: { ...input.observation.load, roundTrips },
      services: { ...input.observation.services, gateway },
    };
    expect(littlesLaw({ ...input, observation }).ok).toBe(false);
  });
});

describe("Little's law after a restart", () => {
  // For a tenth of the run operations wait where only the client can count them: in the queue of new connections.
  const waiting = { fromMs: 400, toMs: 500 };
  const rows = rowsOf(8).map((row) => {
    const isWaiting = row.startedAtMs >= waiting.fromMs && row.startedAtMs < waiting.toMs - 10;
    return isWaiting ? { ...row, endedAtMs: waiting.toMs } : row;
  });
  const killed = { fromMs: 390, toMs: 401 };
  const inputWith = (reconnects: { fromMs: number; toMs: number }[], disturbed = [killed]) => {
    const input = inputOf(inFlightOf(rowsOf(8)), null);
    const load = { ...input.observation.load, ...fromRows(rows), reconnects };
    const gateway = { ...input.observation.services.gateway, disturbed } as ReturnType<typeof service>;
    return {
      ...input,
      observation: { ...input.observation, load, services: { ...input.observation.services, gateway } },
    };
  };

  test('leaves out the time until the connections of the load are open again', () => {
    expect(littlesLaw(inputWith([])).ok).toBe(false);
    expect(littlesLaw(inputWith([waiting])).ok).toBe(true);
  });

  test('and nothing beyond it', () => {
    expect(littlesLaw(inputWith([{ fromMs: 395, toMs: 420 }])).ok).toBe(false);
  });

  test('not the time of a service that lost its connections without a fault', () => {
    expect(littlesLaw(inputWith([waiting], [])).ok).toBe(false);
    expect(littlesLaw(inputWith([waiting], [{ fromMs: 100, toMs: 110 }])).ok).toBe(false);
    const never = inputWith([{ fromMs: 0, toMs: 1000 }], []);
    expect(Number(littlesLaw(never).expected)).toBeGreaterThan(0);
  });

  test('counts a time once that a fault and a reconnect have in common', () => {
    const { ok, expected } = littlesLaw(inputWith([waiting], [{ fromMs: 350, toMs: 450 }]));
    expect(ok).toBe(true);
    expect(Number(expected)).toBeLessThan(0.8);
  });
});
