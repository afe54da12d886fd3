/** Results made up for tests: valid, sealed, and small enough to read. */
import {
  type ClaimResult,
  type ExperimentResult,
  type Result,
  seal,
  type VariantResult,
} from '@backend-labs/experiment/result';

export function madeUpVariant(name: string, over: Partial<VariantResult> = {}): VariantResult {
  return {
    name,
    repeat: 1,
    error: null,
    timeline: [
      {
        fault: 'dependency hangs',
        trigger: 'at 2000 ms',
        askedAtMs: 2000,
        effectiveAtMs: 2004,
        healAskedAtMs: 6000,
        healedAtMs: 6010,
      },
    ],
    operations: { intended: 1200, ok: 1000, degraded: 0, failed: 0, rejected: 0, timeout: 200, lost: 0, inFlight: 0 },
    latencyMs: { p50: 12.34, p90: 50, p99: 1987, p999: 2000, max: 2001 },
    facts: { 'in flight at the gateway, most': name === 'none' ? 240 : 31.25, 'breaker opened': null },
    ledger: null,
    series: {
      bucketMs: 250,
      values: {
        'gateway.http.inFlight': Array.from({ length: 32 }, (_, i) => (name === 'none' ? i * 7 : i % 5)),
        'gateway.open': Array.from({ length: 32 }, (_, i) => (i > 9 && i < 20 && i !== 14 ? null : 1)),
      },
    },
    selfChecks: [{ name: 'conservation', ok: true, expected: 1200, measured: 1200 }],
    ...over,
  };
}

export function madeUpClaim(id: string, over: Partial<ClaimResult> = {}): ClaimResult {
  return {
    id,
    statement: 'With a timeout, calls in flight stay at rate times timeout.',
    property: 'The most calls in flight at the gateway, against rate × timeout.',
    variant: 'timeout',
    control: 'none',
    predicted: 'λ·T = 30 calls, ± 15 %',
    measured: '31.3 calls',
    controlMeasured: '240 calls',
    verdict: 'holds',
    controlVerdict: 'refuted',
    chances: null,
    reason: null,
    evidence: ['most at 4,120 ms'],
    decides: true,
    spread: null,
    ...over,
  };
}

export function madeUpExperiment(over: Partial<ExperimentResult> = {}): ExperimentResult {
  return {
    name: 'hang',
    question: 'What piles up while the dependency hangs?',
    parameters: { ratePerSecond: 120, timeoutMs: 250 },
    workload: { arrivals: 'poisson', ratePerSecond: 120, durationMs: 8000, timeoutMs: 2000, seed: 1 },
    plots: [{ series: 'gateway.http.inFlight', title: 'In flight at the gateway', unit: 'requests' }],
    variants: [madeUpVariant('none'), madeUpVariant('timeout')],
    claims: [
      madeUpClaim('bounded'),
      madeUpClaim('never-double', {
        statement: 'While open, no call passes.',
        predicted: 'no call while open',
        measured: '0 × call while open in 60 chances',
        chances: { count: 60, occurrences: 0, upperBound95: 0.05 },
      }),
    ],
    ...over,
  };
}

export function madeUpResult(over: Partial<Omit<Result, 'digests'>> = {}): Result {
  return seal({
    schema: 1,
    lab: 'demo',
    question: 'Does a timeout bound the damage?',
    headlineClaim: 'bounded',
    startedAt: '2026-01-31T09:05:00.000Z',
    durationMs: 24_300,
    commit: '0123456789abcdef0123456789abcdef01234567',
    sources: { hash: 'feedfeedfeedfeed', dirty: false },
    seed: 1,
    profile: 'default',
    interrupted: false,
    provider: {},
    versions: { node: 'v26.0.0' },
    machine: { cpu: 'Example CPU', cores: 2, memoryBytes: 8 * 2 ** 30, os: 'Linux 6.1' },
    experiments: [madeUpExperiment()],
    verdict: 'holds',
    ...over,
  });
}
