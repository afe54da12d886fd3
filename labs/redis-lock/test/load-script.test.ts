/**
 * k6/redis-lock.ts against tellers that misbehave in one way at a time. Only where k6 is on PATH or was built into
 * .lab/tools by `./lab bench`; its types are checked everywhere.
 *
 * What depends on this machine's speed (the latency, the dropped iterations) is left out of what is expected.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import { json, k6At, listen, runK6 } from '@backend-labs/testbed';
import { describe, expect, it } from 'vitest';

const FAILED = 'http_req_failed{name:deposit}';
/** The thresholds that no slow machine can cross. */
const ABOUT_ANSWERS = ['checks', FAILED, 'lost_updates', 'not_acquired', 'rejected'];
const ACCOUNTS = 4;

interface Deposit {
  teller: number;
  operation: number;
  account: number;
}
/** Answers a deposit; `add` changes the balance. */
type Answer = (response: ServerResponse, deposit: Deposit, add: () => void) => void;

const healthy: Answer = (response, { account }, add) => {
  add();
  json(response, { ending: 'written', account });
};

/** Runs the script for a second against two tellers that answer so, and share their accounts. */
async function load(answer: Answer, variables: Record<string, string> = {}, accountStatus = 200) {
  // Not 0: what was there before the run is none of its business.
  const balances = new Array<number>(ACCOUNTS).fill(1000);
  const deposits: Deposit[] = [];
  const tellerOf = (teller: number): RequestListener => {
    return ({ method, url = '' }, response) => {
      const [, route, number] = /^\/(deposits|accounts)\/(\d+)$/.exec(url) ?? [];
      const id = Number(number);
      if (route === 'accounts' && method === 'GET') {
        const balance = balances[id];
        if (balance === undefined) return void json(response, { error: 'none' }, 404);
        return void json(response, { account: id, balance }, accountStatus);
      }
      if (route !== 'deposits' || method !== 'POST') return void response.writeHead(404).end();
      const deposit = { teller, operation: id, account: Math.floor(id / 2) % ACCOUNTS };
      deposits.push(deposit);
      answer(response, deposit, () => {
        balances[deposit.account] = (balances[deposit.account] as number) + 1;
      });
    };
  };
  await using first = await listen({ handle: tellerOf(1) });
  await using second = await listen({ handle: tellerOf(2) });
  const run = await runK6('redis-lock.ts', { TELLER_1_URL: first.url, TELLER_2_URL: second.url, ...variables });
  return { ...run, aboutAnswers: run.crossed.filter((name) => ABOUT_ANSWERS.includes(name)), deposits };
}

/** One in ten is answered as written, and is in no balance. */
const losesSome: Answer = (response, deposit, add) => {
  if (deposit.operation % 10 === 3) return void json(response, { ending: 'written', account: deposit.account });
  healthy(response, deposit, add);
};

describe.skipIf(k6At() === undefined)('the k6 script', () => {
  it('finds nothing wrong with the answers and the balances of healthy tellers', async () => {
    const run = await load(healthy);
    expect(run.aboutAnswers).toEqual([]);
    expect(run.code).toBe(run.crossed.length === 0 ? 0 : 99);
    expect(run.stderr).toContain(`the balances have grown by ${run.deposits.length}`);
  });

  it.each<[string, Answer, string[]]>([
    ['updates that are acknowledged and not there', losesSome, ['lost_updates']],
    ['errors', (response, { account }) => json(response, { error: 'no', account }, 500), ['checks', FAILED]],
    [
      'locks that nobody gets',
      (response, { account }) => json(response, { ending: 'not-acquired', account }, 423),
      ['not_acquired'],
    ],
    [
      'writes that are refused',
      (response, { account }) => json(response, { ending: 'rejected', account }, 409),
      ['rejected'],
    ],
    [
      'a body that says something else than the status',
      (response, { account }, add) => {
        add();
        json(response, { ending: 'rejected', account });
      },
      ['checks'],
    ],
    [
      'a body that is no JSON',
      (response, _, add) => {
        add();
        response.end('<html>');
      },
      ['checks'],
    ],
  ])('fails on %s', async (_, answer, expected) => {
    const run = await load(answer);
    expect(run.aboutAnswers.sort()).toEqual(expected);
    expect(run.code).toBe(99);
  });

  it('takes a lock that now and then says no for what it is', async () => {
    const run = await load((response, deposit, add) => {
      if (deposit.operation % 40 === 3) return void json(response, { ending: 'not-acquired', account: 0 }, 423);
      healthy(response, deposit, add);
    });
    expect(run.aboutAnswers).toEqual([]);
  });

  it('does not call it lost when an update was written and its answer was an error', async () => {
    const run = await load((response, { account }, add) => {
      add();
      json(response, { error: 'the answer is gone', account }, 500);
    });
    expect(run.aboutAnswers).not.toContain('lost_updates');
    expect(run.aboutAnswers).toContain(FAILED);
  });

  it.each(['constant', 'ramp'])('sends no operation twice, in turn to the one and the other (%s)', async (SCENARIO) => {
    const { deposits } = await load(healthy, { SCENARIO });
    const operations = deposits.map(({ operation }) => operation).sort((a, b) => a - b);
    expect(operations.length).toBeGreaterThan(18);
    expect(operations).toEqual(operations.map((_, index) => index));
    for (const { teller, operation } of deposits) expect(teller).toBe(1 + (operation % 2));
  });

  it.each(['TELLER_1_URL', 'TELLER_2_URL'])('ends before its load if nobody is at %s, and names it', async (name) => {
    const run = await load(healthy, { [name]: 'http://127.0.0.1:9' });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toMatch(/no teller is ready at http:\/\/127\.0\.0\.1:9/);
    expect(run.stderr).toContain(`-e ${name}=`);
    expect(run.deposits).toEqual([]);
  });

  it('ends before its load if the tellers cannot read their accounts', async () => {
    const run = await load(healthy, {}, 500);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain('it answered 500');
    expect(run.deposits).toEqual([]);
  });

  it.each([{ SCENARIO: 'burst' }, { RATE: '-1' }, { DURATION: '30' }, { TELLER_2_URL: 'localhost' }])(
    'refuses %o by name before it sends anything',
    async (variables) => {
      const run = await load(healthy, variables as Record<string, string>);
      expect(run.code).not.toBe(0);
      const [[name, value]] = Object.entries(variables) as [[string, string]];
      expect(run.stderr).toContain(`${name}=${value}: it must be`);
      expect(run.deposits).toEqual([]);
    },
  );
});
