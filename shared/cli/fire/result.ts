/**
 * A load report in the shape of a variant's result, so that one reader understands both. Pure.
 */
import type { VariantResult } from '@backend-labs/experiment/result';
import { achievedRate, isClientBound, type LoadPlan, type LoadReport, OUTCOMES } from '@backend-labs/load';

/** `scheduled`: how many operations the plan holds, or those due until it was stopped. `error`: why it is no full run. */
export function variantOf(
  plan: LoadPlan,
  report: LoadReport,
  { scheduled, error }: { scheduled: number; error: string | null },
): VariantResult {
  const { counts, series, sendLagMs, eventLoopDelayMs, serviceMs } = report;
  const { intended: _, ...fates } = counts;
  const accounted = Object.values(fates).reduce((sum, count) => sum + count, 0);
  const values: VariantResult['series']['values'] = { 'load.sent': series.sent };
  for (const outcome of OUTCOMES) {
    if (counts[outcome] > 0) values[`load.${outcome}`] = series.outcomes[outcome];
  }
  values['load.p50'] = series.latencyP50Ms.map(rounded);
  values['load.p99'] = series.latencyP99Ms.map(rounded);
  return {
    name: 'fire',
    repeat: 1,
    error,
    timeline: [],
    operations: counts,
    latencyMs: report.latencyMs,
    facts: {
      url: plan.operation.kind === 'http' ? [plan.operation.url].flat().join(' ') : plan.operation.file,
      arrivals: plan.arrivals,
      seed: plan.seed,
      intendedRatePerSecond: plan.ratePerSecond,
      achievedRatePerSecond: rounded(achievedRate(plan, report)),
      elapsedMs: rounded(report.elapsedMs),
      serviceP50Ms: rounded(serviceMs.p50),
      serviceP99Ms: rounded(serviceMs.p99),
      sendLagP50Ms: rounded(sendLagMs.p50),
      sendLagP99Ms: rounded(sendLagMs.p99),
      sendLagMaxMs: rounded(sendLagMs.max),
      eventLoopDelayP50Ms: rounded(eventLoopDelayMs.p50),
      eventLoopDelayP99Ms: rounded(eventLoopDelayMs.p99),
      eventLoopDelayMaxMs: rounded(eventLoopDelayMs.max),
      cpuMs: rounded(report.cpuMs),
      ...Object.fromEntries(Object.entries(report.reasons).map(([reason, count]) => [`reason ${reason}`, count])),
    },
    ledger: null,
    series: { bucketMs: series.bucketMs, values },
    selfChecks: [
      { name: 'conservation', ok: accounted === scheduled, expected: scheduled, measured: accounted },
      {
        name: 'send lag (client-bound?)',
        ok: !isClientBound(report),
        expected: 'at p50 and p99 at most a tenth of the latency, or what a timer costs',
        measured: `p50 ${rounded(sendLagMs.p50)} ms, p99 ${rounded(sendLagMs.p99)} ms`,
      },
    ],
  };
}

/** Microseconds are what the histogram resolves. */
function rounded<T extends number | null>(value: T): T {
  return (value === null ? null : Math.round(value * 1000) / 1000) as T;
}
