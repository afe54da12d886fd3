/**
 * The bench's load as k6 sends it: an open model with constant arrivals, and one line of JSON at the end.
 * `beyond_server` is what a request took in all, connecting included, minus what the server says that it held it.
 */
import http from 'k6/http';
import { Trend } from 'k6/metrics';
import type { Options } from 'k6/options';

const rate = Number(__ENV.RATE);
const url = String(__ENV.URL);
const beyondServer = new Trend('beyond_server', true);

export const options: Options = {
  scenarios: {
    arrivals: {
      executor: 'constant-arrival-rate',
      rate,
      timeUnit: '1s',
      duration: String(__ENV.DURATION),
      preAllocatedVUs: Number(__ENV.VUS),
      maxVUs: 10 * Number(__ENV.VUS),
    },
  },
  summaryTrendStats: ['p(50)', 'p(99)'],
};

export default function (): void {
  const { timings, headers } = http.get(url);
  // The header's name as Go writes it.
  const held = headers['Server-Time-Ms'];
  if (held !== undefined) {
    beyondServer.add(timings.blocked + timings.connecting + timings.duration - Number(held));
  }
}

interface Summary {
  metrics: Record<string, { values: Record<string, number> } | undefined>;
}

export function handleSummary({ metrics }: Summary): Record<string, string> {
  const value = (metric: string, name: string) => metrics[metric]?.values[name] ?? 0;
  const percentiles = (metric: string) => ({ p50: value(metric, 'p(50)'), p99: value(metric, 'p(99)') });
  const report = {
    requests: value('http_reqs', 'count'),
    failed: value('http_req_failed', 'passes'),
    dropped: value('dropped_iterations', 'count'),
    durationMs: percentiles('http_req_duration'),
    beyondServerMs: percentiles('beyond_server'),
  };
  return { stdout: JSON.stringify(report) };
}
