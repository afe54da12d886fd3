/**
 * Whether calls vanished between processes: each hop is counted at both of its ends. Pure.
 *
 * A receiver knows how many requests came, not from whom, and the load knows how many it sent, not to which of its
 * entry services. So hops that share a receiver, or all come from the load, are one balance: their sums must agree.
 * Read next: probe/http-hops.ts (who counts), self-checks.ts.
 */
import type { Observation } from './observation.ts';
import type { SelfCheck } from './result/schema.ts';

/** Who sends to whom. */
export interface Hop {
  from: string;
  to: string;
}

/** The sender that is no service. */
const LOAD = 'load';

/** The services that the load goes to: one, or replicas of one. */
export function entriesOf(hops: readonly Hop[]): string[] {
  return [...new Set(hops.filter(({ from }) => from === LOAD).map(({ to }) => to))];
}

/** The hops that can only be balanced together, in the order in which the experiment names them. */
export function balancesOf(hops: readonly Hop[]): Hop[][] {
  const entries = entriesOf(hops);
  const receiverOf = ({ to }: Hop) => (entries.includes(to) ? entries : to);
  return [...Map.groupBy(hops, receiverOf).values()];
}

/**
 * sent = received + refused + cut. A call that was cut may have arrived before or not, so what is missing at the
 * receivers must lie between nothing and the calls cut. Calls to a service that a fault stopped or killed may also
 * vanish after the caller gave up on them.
 */
export function hopBalance(observation: Observation<unknown>, hops: readonly Hop[]): SelfCheck {
  const receivers = [...new Set(hops.map(({ to }) => to))];
  const senders = [...new Set(hops.map(({ from }) => from))];
  const name = `hop ${senders.join(' + ')} → ${receivers.join(' + ')}`;
  const ends = [...receivers, ...senders.filter((sender) => sender !== LOAD)];
  if (ends.some((end) => observation.services[end] === undefined)) {
    return { name, ok: false, expected: 'both ends counted', measured: 'an end is missing' };
  }
  const between = hops.filter(({ from }) => from !== LOAD).map((hop) => sentBetweenServices(observation, hop));
  const all = senders.includes(LOAD) ? [sentByLoad(observation, receivers), ...between] : between;
  const sum = (count: (one: Sent) => number) => all.reduce((total, one) => total + count(one), 0);
  const received = receivers.reduce((total, to) => total + (observation.services[to]?.received ?? 0), 0);
  const [sent, refused] = [sum((one) => one.sent), sum((one) => one.refused)];
  const explained = sum((one) => one.cut) + sum((one) => (one.isDisturbed ? one.abandoned : 0));
  const missing = sent - refused - received;
  const expected = `${sent} sent − ${refused} refused − 0…${explained} cut`;
  return { name, ok: missing >= 0 && missing <= explained, expected, measured: received };
}

interface Sent {
  sent: number;
  refused: number;
  cut: number;
  abandoned: number;
  /** Whether a fault stopped or killed who should have received it. */
  isDisturbed: boolean;
}

function isDisturbed(observation: Observation<unknown>, service: string): boolean {
  return (observation.services[service]?.disturbed.length ?? 0) > 0;
}

function sentBetweenServices(observation: Observation<unknown>, { from, to }: Hop): Sent {
  const counted = observation.services[from]?.sent[to] ?? { sent: 0, refused: 0, cut: 0, abandoned: 0 };
  return { ...counted, isDisturbed: isDisturbed(observation, to) };
}

function sentByLoad(observation: Observation<unknown>, entries: readonly string[]): Sent {
  const { counts, operations, reasons } = observation.load;
  return {
    sent: operations.startedAtMs.reduce((sum, at) => sum + (Number.isNaN(at) ? 0 : 1), 0),
    refused: reasons.ECONNREFUSED ?? 0,
    cut: counts.lost,
    abandoned: counts.timeout + counts.inFlight,
    isDisturbed: entries.some((entry) => isDisturbed(observation, entry)),
  };
}
