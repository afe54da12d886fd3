/**
 * Load on the two tellers of the redis-lock lab: deposits in turn to the one and the other, and at the end the balances.
 *
 *   k6 run k6/redis-lock.ts
 *   k6 run -e SCENARIO=ramp -e RATE=300 -e DURATION=1m k6/redis-lock.ts
 *
 * Operations 2n and 2n + 1 go to the same account and to different tellers, so each account is wanted twice at once.
 * Each deposit adds 1. At the end, what was acknowledged must be in the balances: `lost_updates` counts up with each
 * acknowledged deposit, and the teardown takes off what the balances have grown by. The teardown cannot read what was
 * counted, so it prints no such number itself; the threshold judges the difference. What it does not see: a deposit that
 * was written and never acknowledged makes up for one that was lost, and so does whoever else deposits meanwhile.
 * Whose update is gone, and who held what, is asked by `./lab run redis-lock`.
 * A threshold that is crossed fails the run (exit code 99).
 * Read next: lib/arrivals.ts (when requests start), ../labs/redis-lock/src/teller/app.ts (what answers).
 */
import { check, sleep } from 'k6';
import exec from 'k6/execution';
import http, { type RefinedResponse } from 'k6/http';
import { Counter, Rate } from 'k6/metrics';
import type { Options } from 'k6/options';
import { arrivals } from './lib/arrivals.ts';
import { baseUrl } from './lib/environment.ts';

const tellers = [
  { variable: 'TELLER_1_URL', url: baseUrl('TELLER_1_URL', 'http://127.0.0.1:4201') },
  { variable: 'TELLER_2_URL', url: baseUrl('TELLER_2_URL', 'http://127.0.0.1:4202') },
] as const;
/** Longer than a teller waits for a lock: it is the teller that should give up, not this caller. */
const patienceSeconds = 3;
/** More than any lab has; whoever answers to every number would else be asked for ever. */
const MOST_ACCOUNTS = 10_000;

/** Acknowledged deposits less what the balances have grown by. */
const lostUpdates = new Counter('lost_updates');
/** Deposits that nobody let in (423). No error: a lock may say no. */
const notAcquired = new Rate('not_acquired');
/** Deposits that were let in and came too late (409): a fence at work. */
const rejected = new Rate('rejected');

export const options: Options = {
  scenarios: { arrivals: arrivals({ patienceSeconds }) },
  thresholds: {
    dropped_iterations: ['count==0'],
    'http_req_failed{name:deposit}': ['rate<0.01'],
    checks: ['rate>0.99'],
    not_acquired: ['rate<0.05'],
    rejected: ['rate<0.01'],
    lost_updates: ['count<=0'],
    'http_req_duration{name:deposit}': ['p(99)<1000'],
  },
  summaryTrendStats: ['p(50)', 'p(95)', 'p(99)', 'max'],
};

/** How an ending is answered. */
const ENDINGS: Record<number, string> = { 200: 'written', 423: 'not-acquired', 409: 'rejected' };
http.setResponseCallback(http.expectedStatuses(200, 423, 409));

export function setup(): { before: number } {
  for (const { variable, url } of tellers) {
    // A balance is read, which takes the database: a teller may be up without it.
    const { status, error } = http.get(`${url}/accounts/0`, { timeout: '5s' });
    const seen = status === 0 ? error : `it answered ${status}`;
    if (status !== 200) {
      exec.test.abort(`no teller is ready at ${url} (${seen}); start it, or say where it is with -e ${variable}=...`);
    }
  }
  return { before: sumOfBalances() };
}

export default function (): void {
  // Counted over all users: no operation comes twice.
  const operation = exec.scenario.iterationInTest;
  const { url } = tellers[operation % 2 === 0 ? 0 : 1];
  const response = http.post(`${url}/deposits/${operation}`, null, {
    // All urls of the route as one; without it k6 would keep a time series for each operation.
    tags: { name: 'deposit' },
    timeout: `${patienceSeconds}s`,
    responseType: 'text',
  });
  const { status } = response;
  check(response, {
    'deposit: ended in one of the ways that it can end': () => status in ENDINGS,
    'deposit: the body says the same as the status': (answer) => field(answer, 'ending') === ENDINGS[status],
    'deposit: says which account': (answer) => typeof field(answer, 'account') === 'number',
  });
  notAcquired.add(status === 423);
  rejected.add(status === 409);
  if (status === 200) lostUpdates.add(1);
}

export function teardown({ before }: { before: number }): void {
  // Requests that nobody waits for any more have ended by now: see gracefulStop in lib/arrivals.ts.
  const grown = sumOfBalances() - before;
  console.info(`the balances have grown by ${grown}`);
  lostUpdates.add(-grown);
}

/** All balances, asked of the first teller that answers: both read the same database. Throws if none does. */
function sumOfBalances(): number {
  const teller = tellers.find(({ url }) => balanceOf(url, 0) !== undefined);
  if (teller === undefined) throw new Error('no teller says what is in the accounts, so nothing can be compared');
  let sum = 0;
  for (let account = 0; account < MOST_ACCOUNTS; account++) {
    const balance = balanceOf(teller.url, account);
    if (balance === null) return sum;
    if (balance === undefined) throw new Error(`${teller.url} does not say what is in account ${account}`);
    sum += balance;
  }
  throw new Error(`there are more than ${MOST_ACCOUNTS} accounts: is ${teller.url} a teller?`);
}

/** Null if there is no such account, undefined if the teller does not say. */
function balanceOf(url: string, account: number): number | null | undefined {
  // After an overload a teller may still be busy with what nobody waits for.
  for (let attempt = 0; attempt < 8; attempt++) {
    if (attempt > 0) sleep(0.5);
    const response = http.get(`${url}/accounts/${account}`, {
      tags: { name: 'account' },
      timeout: '5s',
      responseType: 'text',
    });
    if (response.status === 404) return null;
    const balance = field(response, 'balance');
    if (typeof balance === 'number') return balance;
  }
  return undefined;
}

/** A member of a JSON body; undefined if there is none. k6's own `json()` throws on a body that is none. */
function field({ body }: RefinedResponse<'text'>, name: string): unknown {
  try {
    return (JSON.parse(body ?? '') as Record<string, unknown> | null)?.[name];
  } catch {
    return undefined;
  }
}
