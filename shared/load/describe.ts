/**
 * A load report in words and bars, for a terminal. Pure.
 */
import { type LoadPlan, type LoadReport, OUTCOMES } from './plan.ts';

/** Below these the client's own delay is the timer's and the scheduler's, whatever is measured. */
const LAG_FLOOR_MS = { p50: 2, p99: 10 };
const LAG_SHARE = 0.1;
const BAR_WIDTH = 40;

/**
 * Whether the client could not keep its schedule: its send lag is more than a tenth of the latency it reports (at the
 * median or at p99, and above what a timer costs), so that the numbers describe the client rather than the system.
 */
export function isClientBound(report: LoadReport): boolean {
  const { sendLagMs, latencyMs } = report;
  return (
    sendLagMs.p50 > Math.max(LAG_FLOOR_MS.p50, LAG_SHARE * latencyMs.p50) ||
    sendLagMs.p99 > Math.max(LAG_FLOOR_MS.p99, LAG_SHARE * latencyMs.p99)
  );
}

/** Operations started per second, from the run's start until one gap of the schedule after the last one started. */
export function achievedRate(plan: LoadPlan, report: LoadReport): number {
  const { startedAtMs } = report.operations;
  let sent = 0;
  let lastAtMs = 0;
  for (const startedAt of startedAtMs) {
    if (Number.isNaN(startedAt)) break; // rows start in order
    sent++;
    lastAtMs = startedAt;
  }
  return (sent * 1000) / (lastAtMs + 1000 / plan.ratePerSecond);
}

/** Several lines: counts, percentile table, histogram, reasons, and how well the client itself did. */
export function describeLoad(plan: LoadPlan, report: LoadReport): string {
  const { counts, latencyMs, serviceMs, sendLagMs, eventLoopDelayMs } = report;
  const outcomes = [...OUTCOMES, 'inFlight' as const]
    .filter((name) => counts[name] > 0)
    .map((name) => `${name === 'inFlight' ? 'in flight' : name} ${counts[name]}`);
  const lines = [
    `${counts.intended} operations, ${plan.arrivals} arrivals at ${plan.ratePerSecond}/s (${achievedRate(plan, report).toFixed(1)}/s sent)`,
    `Outcomes: ${outcomes.join(' · ') || 'none'}`,
  ];
  const reasons = Object.entries(report.reasons).sort(([, a], [, b]) => b - a);
  if (reasons.length > 0) lines.push(`Reasons:  ${reasons.map(([reason, count]) => `${reason} ${count}`).join(' · ')}`);
  if (counts.intended > counts.inFlight) {
    lines.push(
      '',
      `              ${['p50', 'p90', 'p99', 'p99.9', 'max'].map((name) => name.padStart(9)).join('')}`,
      `Latency (ms)  ${[latencyMs.p50, latencyMs.p90, latencyMs.p99, latencyMs.p999, latencyMs.max].map(cell).join('')}   from the intended start`,
      `Service (ms)  ${[serviceMs.p50, serviceMs.p90, serviceMs.p99, serviceMs.p999, serviceMs.max].map(cell).join('')}   from the actual start`,
      '',
      ...histogramLines(report),
    );
  }
  lines.push(
    '',
    `Client: send lag p50 ${milliseconds(sendLagMs.p50)}, p99 ${milliseconds(sendLagMs.p99)}; event-loop delay p99 ${milliseconds(eventLoopDelayMs.p99)}; ` +
      `CPU ${((100 * report.cpuMs) / Math.max(1, report.elapsedMs)).toFixed(0)} % of a core`,
  );
  if (isClientBound(report)) {
    lines.push('client-bound: this client could not keep its schedule, so these latencies are partly its own.');
  }
  return lines.join('\n');
}

/** Counts in bands of the 1-2-5 series, which suits one millisecond as well as ten seconds. */
function histogramLines(report: LoadReport): string[] {
  const { endedAtMs, intendedAtMs } = report.operations;
  const bands = new Map<number, number>();
  for (let row = 0; row < endedAtMs.length; row++) {
    const latency = (endedAtMs[row] as number) - (intendedAtMs[row] as number);
    if (!Number.isNaN(latency)) bands.set(bandOf(latency), (bands.get(bandOf(latency)) ?? 0) + 1);
  }
  const most = Math.max(...bands.values());
  const total = [...bands.values()].reduce((sum, count) => sum + count, 0);
  const lines: string[] = [];
  for (let band = Math.min(...bands.keys()); band <= Math.max(...bands.keys()); band++) {
    const count = bands.get(band) ?? 0;
    const bar = '█'.repeat(Math.ceil((count / most) * BAR_WIDTH)).padEnd(BAR_WIDTH);
    lines.push(
      `  < ${milliseconds(edgeOf(band)).padStart(8)} ${bar} ${String(count).padStart(String(most).length)}  ${((100 * count) / total).toFixed(1).padStart(5)} %`,
    );
  }
  return lines;
}

const STEPS = [1, 2, 5] as const;

/** The upper edge of a band in ms; band 0 ends at 0.1 ms, each three bands a decade. */
function edgeOf(band: number): number {
  return (STEPS[band % 3] as number) * 10 ** (Math.floor(band / 3) - 1);
}

function bandOf(latencyMs: number): number {
  let band = 0;
  while (latencyMs >= edgeOf(band)) band++;
  return band;
}

const cell = (valueMs: number) => digits(valueMs).padStart(9);
const milliseconds = (valueMs: number) => `${digits(valueMs)} ms`;

/** Three significant digits, no exponent. */
function digits(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : String(Number(value.toPrecision(3)));
}
