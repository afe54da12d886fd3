/**
 * k6/circuit-breaker.ts against a gateway that misbehaves in one way at a time. Only where k6 is on PATH or was built
 * into .lab/tools by `./lab bench`; its types are checked everywhere.
 *
 * What depends on this machine's speed (the latencies, the dropped iterations) is left out of what is expected.
 */
import type { RequestListener, ServerResponse } from 'node:http';
import { json, k6At, listen, runK6 } from '@backend-labs/testbed';
import { describe, expect, it } from 'vitest';

/** The thresholds that no slow machine can cross. */
const ABOUT_ANSWERS = ['checks', 'degraded_quotes', 'http_req_failed'];

type Answer = (response: ServerResponse) => void;
const healthy: Answer = (response) => json(response, { price: 42 });

/** Runs the script for a second against a gateway whose quotes are answered so. */
async function load(answerQuote: Answer, variables: Record<string, string> = {}) {
  const items: number[] = [];
  let catalogues = 0;
  const handle: RequestListener = ({ url = '' }, response) => {
    const item = /^\/quotes\/(\d+)$/.exec(url)?.[1];
    if (item !== undefined) {
      items.push(Number(item));
      answerQuote(response);
    } else if (url === '/catalogue') {
      catalogues += 1;
      json(response, { items: ['tea'] });
    } else {
      response.writeHead(url === '/health/ready' ? 200 : 404).end();
    }
  };
  await using gateway = await listen({ handle });
  const run = await runK6('circuit-breaker.ts', { GATEWAY_URL: gateway.url, ...variables });
  return { ...run, aboutAnswers: run.crossed.filter((name) => ABOUT_ANSWERS.includes(name)), items, catalogues };
}

describe.skipIf(k6At() === undefined)('the k6 script', () => {
  it('finds nothing wrong with the answers of a healthy gateway', async () => {
    const run = await load(healthy);
    expect(run.aboutAnswers).toEqual([]);
    expect(run.code).toBe(run.crossed.length === 0 ? 0 : 99);
  });

  it.each<[string, Answer, string[]]>([
    ['errors', (response) => json(response, { error: 'no' }, 502), ['checks', 'http_req_failed']],
    ['items that are not there', (response) => json(response, { error: 'no' }, 404), ['checks', 'http_req_failed']],
    ['a fallback', (response) => json(response, { price: 42 }, 200, { 'x-outcome': 'degraded' }), ['degraded_quotes']],
    ['a body without a price', (response) => json(response, {}), ['checks']],
    ['a body that is no JSON', (response) => void response.end('<html>'), ['checks']],
  ])('fails on %s', async (_, answer, expected) => {
    const run = await load(answer);
    expect(run.aboutAnswers.sort()).toEqual(expected);
    expect(run.code).toBe(99);
  });

  it.each(['constant', 'ramp'])(
    'asks for nine quotes to one catalogue, and for no item twice (%s)',
    async (SCENARIO) => {
      const { items, catalogues } = await load(healthy, { SCENARIO });
      expect(items.length).toBeGreaterThan(18);
      expect(items.sort((a, b) => a - b)).toEqual(items.map((_, index) => index));
      expect(catalogues).toBe(Math.floor((items.length + catalogues) / 10));
    },
  );

  it('ends before its load if nobody is there, and says where it looked', async () => {
    const run = await load(healthy, { GATEWAY_URL: 'http://127.0.0.1:9' });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toMatch(/no service is ready at http:\/\/127\.0\.0\.1:9/);
    expect(run.items).toEqual([]);
  });

  it.each([
    { SCENARIO: 'burst' },
    { RATE: '-1' },
    { RATE: 'many' },
    { DURATION: '30' },
    { DURATION: '1x' },
    { GATEWAY_URL: 'localhost' },
  ])('refuses %o by name before it sends anything', async (variables) => {
    const run = await load(healthy, variables as Record<string, string>);
    expect(run.code).not.toBe(0);
    const [[name, value]] = Object.entries(variables) as [[string, string]];
    expect(run.stderr).toContain(`${name}=${value}: it must be`);
    expect(run.items).toEqual([]);
  });
});
