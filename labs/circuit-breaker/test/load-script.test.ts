/**
 * k6/circuit-breaker.ts against a gateway that misbehaves in one way at a time. Only where k6 is on PATH or was built
 * into .lab/tools by `./lab bench`; its types are checked everywhere.
 *
 * What depends on this machine's speed (the latencies, the dropped iterations) is left out of what is expected.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { delimiter, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const home = join(import.meta.dirname, '../../..');
const k6 = [...(process.env.PATH ?? '').split(delimiter), join(home, '.lab/tools')]
  .map((folder) => join(folder, 'k6'))
  .find((file) => existsSync(file));

/** The thresholds that no slow machine can cross. */
const ABOUT_ANSWERS = ['checks', 'degraded_quotes', 'http_req_failed'];

const json = (response: ServerResponse, body: unknown, status = 200, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));

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
  const server = createServer(handle).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const GATEWAY_URL = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const given = { GATEWAY_URL, RATE: '60', DURATION: '1s', ...variables };
  const child = spawn(
    k6 as string,
    [
      'run',
      '--quiet',
      '--no-usage-report',
      '--address=',
      ...Object.entries(given).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      join(home, 'k6/circuit-breaker.ts'),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, K6_AUTO_EXTENSION_RESOLUTION: 'false' } },
  );
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  const [code] = (await once(child, 'close')) as [number | null];
  server.closeAllConnections();
  server.close();
  const crossed = /thresholds on metrics '([^']*)'/.exec(stderr)?.[1]?.split(', ') ?? [];
  return {
    code,
    crossed,
    aboutAnswers: crossed.filter((name) => ABOUT_ANSWERS.includes(name)),
    stderr,
    items,
    catalogues,
  };
}

describe.skipIf(k6 === undefined)('the k6 script', () => {
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
    ['a body that is no JSON', (response) => response.end('<html>'), ['checks']],
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
