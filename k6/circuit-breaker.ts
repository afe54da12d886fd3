/**
 * Load on the gateway of the circuit-breaker lab: nine quotes to one request for the catalogue.
 *
 *   k6 run k6/circuit-breaker.ts
 *   k6 run -e SCENARIO=ramp -e RATE=400 -e DURATION=1m k6/circuit-breaker.ts
 *
 * The catalogue needs no dependency. It is there to show whether a failing dependency takes the rest of the process
 * along: its latency has a threshold of its own.
 * A threshold that is crossed fails the run (exit code 99).
 * Read next: lib/arrivals.ts (when requests start), ../labs/circuit-breaker/src/gateway/app.ts (what answers).
 */
import { check } from 'k6';
import exec from 'k6/execution';
import http, { type RefinedResponse } from 'k6/http';
import { Rate } from 'k6/metrics';
import type { Options } from 'k6/options';
import { arrivals } from './lib/arrivals.ts';
import { baseUrl } from './lib/environment.ts';
import { expectReady } from './lib/service.ts';

const gatewayUrl = baseUrl('GATEWAY_URL', 'http://127.0.0.1:4101');
/** Longer than the gateway's own timeout: it is the gateway that should give up, not this caller. */
const patienceSeconds = 2;

/** Quotes that a fallback answered: 200, and yet not what was asked for. A success rate alone would hide them. */
const degradedQuotes = new Rate('degraded_quotes');

export const options: Options = {
  scenarios: { arrivals: arrivals({ patienceSeconds }) },
  thresholds: {
    dropped_iterations: ['count==0'],
    http_req_failed: ['rate<0.01'],
    checks: ['rate>0.99'],
    degraded_quotes: ['rate<0.01'],
    'http_req_duration{name:quote}': ['p(99)<250'],
    'http_req_duration{name:catalogue}': ['p(99)<100'],
  },
  summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'max'],
};

export function setup(): void {
  expectReady(gatewayUrl);
}

export default function (): void {
  // Counted over all users: the mix is the same at any moment, and the items are 0, 1, 2, ... without a gap.
  const iteration = exec.scenario.iterationInTest;
  const nth = iteration % 10;
  if (nth === 9) catalogue();
  else quote(((iteration - nth) / 10) * 9 + nth);
}

function quote(item: number): void {
  const response = get(`/quotes/${item}`, 'quote');
  check(response, {
    'quote: answered with 200': ({ status }) => status === 200,
    'quote: has a price': (answer) => typeof field(answer, 'price') === 'number',
  });
  if (response.status !== 200) return;
  // The header's name as Go writes it.
  degradedQuotes.add(response.headers['X-Outcome'] === 'degraded');
}

function catalogue(): void {
  const response = get('/catalogue', 'catalogue');
  check(response, {
    'catalogue: answered with 200': ({ status }) => status === 200,
    'catalogue: is JSON': (answer) => field(answer) !== undefined,
  });
}

/** `name` stands for all urls of a route; without it k6 would keep a time series for each item. */
function get(path: string, name: string): RefinedResponse<'text'> {
  return http.get(`${gatewayUrl}${path}`, { tags: { name }, timeout: `${patienceSeconds}s`, responseType: 'text' });
}

/** A member of a JSON body, or the whole; undefined if there is none. k6's own `json()` throws on a body that is none. */
function field({ body }: RefinedResponse<'text'>, name?: string): unknown {
  try {
    const value = JSON.parse(body ?? '') as Record<string, unknown> | null;
    return name === undefined ? value : value?.[name];
  } catch {
    return undefined;
  }
}
