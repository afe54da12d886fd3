/**
 * Made-up runs of this lab, as small as a test needs them: what was accepted, who got what and when, who was told.
 *
 * Message n is published at 10 × n ms; the run ends at 1000 ms; two subscribers unless the test says otherwise.
 */
import type { Observation, ServiceObservation, WitnessRecord } from '@backend-labs/experiment';
import { loadReportOf } from '@backend-labs/testbed';
import { ledger } from '../experiments/arrivals.ts';
import { type StandParameters, usual } from '../experiments/stand.ts';

const RUN_ENDS_MS = 1000;
export const publishedAtMs = (id: number) => 10 * id;

export interface MadeUp {
  /** How many messages were accepted: 0, 1, 2 and so on. */
  accepted?: number;
  /** Ids in the order in which they came, by subscriber; each 2 ms after it was published. */
  arrived?: number[][];
  /** Subscribers who were told that something is lost. */
  told?: number[];
  parameters?: Partial<StandParameters>;
  /** When the run ends; RUN_ENDS_MS if left out. */
  endsMs?: number;
  fault?: { fault: string; fromMs: number; toMs: number };
  services?: Record<string, Partial<ServiceObservation>>;
}

const DELAY_MS = 2;

function service(name: string, given: Partial<ServiceObservation>): ServiceObservation {
  return {
    name,
    received: 0,
    sent: {},
    gauges: {},
    events: {},
    records: {},
    stalls: [],
    exit: null,
    disturbed: [],
    ...given,
  };
}

export async function madeUp(run: MadeUp): Promise<Observation<StandParameters>> {
  const { accepted = 10, arrived = [[], []], told = [], fault, services = {} } = run;
  const ids = Array.from({ length: accepted }, (_, id) => id);
  const witnesses: Record<string, WitnessRecord[]> = {
    accepted: ids.map((id) => ({ id, atMs: publishedAtMs(id) })),
    arrived: arrived.flatMap((of, subscriber) =>
      of.map((id) => ({ subscriber, id, atMs: publishedAtMs(id) + DELAY_MS })),
    ),
    told: told.map((subscriber) => ({ subscriber, atMs: RUN_ENDS_MS / 2 })),
  };
  const parameters = { ...usual, subscribers: arrived.length, ...run.parameters };
  const load = loadReportOf(
    ids.map((id) => ({ operation: id, fromMs: publishedAtMs(id), toMs: publishedAtMs(id) + 1 })),
    run.endsMs ?? RUN_ENDS_MS,
  );
  const observation: Observation<StandParameters> = {
    variant: 'sse-resume',
    repeat: 1,
    parameters,
    timeline:
      fault === undefined
        ? []
        : [
            {
              fault: fault.fault,
              trigger: `at ${fault.fromMs} ms`,
              askedAtMs: fault.fromMs,
              effectiveAtMs: fault.fromMs,
              healAskedAtMs: fault.toMs,
              healedAtMs: fault.toMs,
            },
          ],
    load,
    services: Object.fromEntries(Object.entries(services).map(([name, given]) => [name, service(name, given)])),
    ledger: null,
    witnesses,
    error: null,
    unavailable: null,
    wallClockSkewMs: 0,
  };
  const context = { witnesses, parameters } as unknown as Parameters<typeof ledger>[0];
  return { ...observation, ledger: await ledger(context) };
}
