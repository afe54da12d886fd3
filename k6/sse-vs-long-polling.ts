/**
 * Load on the source of the push lab: messages, published one by one.
 *
 *   k6 run k6/sse-vs-long-polling.ts
 *   k6 run -e SCENARIO=ramp -e RATE=100 -e DURATION=1m k6/sse-vs-long-polling.ts
 *
 * It drives the publisher, and subscribes to nothing: k6 reads an answer to its end, and a stream has none. Who got what
 * is in the subscribers' own ledger; what was lost, doubled or late is asked by `./lab run sse-vs-long-polling`.
 * A threshold that is crossed fails the run (exit code 99).
 * Read next: lib/arrivals.ts (when requests start), ../labs/sse-vs-long-polling/src/source/app.ts (what answers).
 */
import { check } from 'k6';
import exec from 'k6/execution';
import http, { type RefinedResponse } from 'k6/http';
import type { Options } from 'k6/options';
import { arrivals } from './lib/arrivals.ts';
import { baseUrl } from './lib/environment.ts';

const sourceUrl = baseUrl('SOURCE_URL', 'http://127.0.0.1:4401');
/** The source itself gives a message up after one. */
const patienceSeconds = 2;

export const options: Options = {
  scenarios: { arrivals: arrivals({ patienceSeconds }) },
  thresholds: {
    dropped_iterations: ['count==0'],
    'http_req_failed{name:message}': ['rate<0.01'],
    checks: ['rate>0.99'],
    'http_req_duration{name:message}': ['p(99)<1000'],
  },
  summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'max'],
};

/** An id is published once, so each run has its own: a thousand for each second of the last three weeks. */
export function setup(): { firstId: number } {
  const { status, error } = http.get(`${sourceUrl}/health/ready`, { timeout: '5s' });
  if (status !== 200) {
    const seen = status === 0 ? error : `it answered ${status}`;
    exec.test.abort(
      `no source is ready at ${sourceUrl} (${seen}); start it, or say where it is with -e SOURCE_URL=...`,
    );
  }
  // Asked once and not in the load: what is no id is refused, with what is wrong about it.
  const refused = publish('none', http.expectedStatuses(400));
  if (refused.status !== 400 || !String(field(refused, 'error')).includes('id')) {
    exec.test.abort(`${sourceUrl} answered ${refused.status} to a message without an id: is it a source of this lab?`);
  }
  return { firstId: (Math.floor(Date.now() / 1000) % 2_000_000) * 1000 };
}

export default function ({ firstId }: { firstId: number }): void {
  // Counted over all users: no message comes twice.
  const id = firstId + exec.scenario.iterationInTest;
  check(publish(id), {
    'message: was accepted': ({ status }) => status === 202,
    'message: the answer is about this message': (answer) => field(answer, 'id') === id,
  });
}

function publish(id: number | string, responseCallback = http.expectedStatuses(202)): RefinedResponse<'text'> {
  return http.post(`${sourceUrl}/messages/${id}`, null, {
    // All urls of the route as one; without it k6 would keep a time series for each message.
    tags: { name: 'message' },
    timeout: `${patienceSeconds}s`,
    responseType: 'text',
    responseCallback,
  });
}

/** A member of a JSON body; undefined if there is none. k6's own `json()` throws on a body that is none. */
function field({ body }: RefinedResponse<'text'>, name: string): unknown {
  try {
    return (JSON.parse(body ?? '') as Record<string, unknown> | null)?.[name];
  } catch {
    return undefined;
  }
}
