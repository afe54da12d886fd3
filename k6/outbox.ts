/**
 * Load on the shop of the outbox lab: orders for its customers in turn, and some of them a second time.
 *
 *   k6 run k6/outbox.ts
 *   k6 run -e SCENARIO=ramp -e RATE=300 -e DURATION=1m k6/outbox.ts
 *
 * Every tenth order is sent again with other items, as a caller would who did not see the first answer and changed its
 * mind: the shop must give the first answer again, and no second order. What it does not see: what became of the event.
 * Whether it was lost, doubled or invented on its way to the consumer is asked by `./lab run outbox`.
 * A threshold that is crossed fails the run (exit code 99).
 * Read next: lib/arrivals.ts (when requests start), ../labs/outbox/src/shop/app.ts (what answers).
 */
import { check } from 'k6';
import exec from 'k6/execution';
import http, { type RefinedResponse } from 'k6/http';
import { Counter } from 'k6/metrics';
import type { Options } from 'k6/options';
import { arrivals } from './lib/arrivals.ts';
import { baseUrl, positiveNumber } from './lib/environment.ts';

const shopUrl = baseUrl('SHOP_URL', 'http://127.0.0.1:4301');
/** As many as the shop has; it refuses orders of others. */
const customers = positiveNumber('CUSTOMERS', 100);
const patienceSeconds = 2;
const REPEATED_EVERY = 10;

const FIRST_ITEMS = [{ sku: 'tea', quantity: 1 }];
const OTHER_ITEMS = [{ sku: 'coffee', quantity: 2 }];

/** Second answers that are not the first one. */
const changedAnswers = new Counter('changed_answers');

export const options: Options = {
  // A repeated order is two requests, one after the other.
  scenarios: { arrivals: arrivals({ patienceSeconds: 2 * patienceSeconds }) },
  thresholds: {
    dropped_iterations: ['count==0'],
    'http_req_failed{name:order}': ['rate<0.01'],
    checks: ['rate>0.99'],
    changed_answers: ['count==0'],
    'http_req_duration{name:order}': ['p(99)<1000'],
  },
  summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'max'],
};

/** An id is placed once for ever, so each run has its own: a thousand for each second of the last three weeks. */
export function setup(): { firstId: number } {
  const { status, error } = http.get(`${shopUrl}/health/ready`, { timeout: '5s' });
  if (status !== 200) {
    const seen = status === 0 ? error : `it answered ${status}`;
    exec.test.abort(`no shop is ready at ${shopUrl} (${seen}); start it, or say where it is with -e SHOP_URL=...`);
  }
  // Asked once and not in the load: an order without items is refused, with what is wrong about it.
  const refused = order(0, 0, [], http.expectedStatuses(400));
  if (refused.status !== 400 || !String(field(refused, 'error')).includes('items')) {
    exec.test.abort(`${shopUrl} answered ${refused.status} to an order without items: is it a shop of this lab?`);
  }
  return { firstId: (Math.floor(Date.now() / 1000) % 2_000_000) * 1000 };
}

export default function ({ firstId }: { firstId: number }): void {
  // Counted over all users: no order comes twice, unless it is meant to.
  const iteration = exec.scenario.iterationInTest;
  const id = firstId + iteration;
  const customer = iteration % customers;
  const first = order(customer, id, FIRST_ITEMS);
  check(first, {
    'order: was placed': ({ status }) => status === 200,
    'order: the answer is about this order': (answer) =>
      field(answer, 'id') === id && field(answer, 'customer') === customer,
    'order: has a version': (answer) => Number.isInteger(field(answer, 'version')),
  });
  if (iteration % REPEATED_EVERY !== 0 || first.status !== 200) return;
  const again = order(customer, id, OTHER_ITEMS);
  if (again.status !== 200) return; // counted by http_req_failed
  const isSame = ['id', 'customer', 'version'].every((name) => field(again, name) === field(first, name));
  check(again, { 'order: sent again, it gets the first answer': () => isSame });
  if (!isSame) changedAnswers.add(1);
}

function order(
  customer: number,
  id: number,
  items: readonly object[],
  responseCallback = http.expectedStatuses(200),
): RefinedResponse<'text'> {
  return http.post(`${shopUrl}/customers/${customer}/orders/${id}`, JSON.stringify({ items }), {
    headers: { 'content-type': 'application/json' },
    // All urls of the route as one; without it k6 would keep a time series for each order.
    tags: { name: 'order' },
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
