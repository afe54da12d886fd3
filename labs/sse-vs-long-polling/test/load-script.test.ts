/**
 * k6/sse-vs-long-polling.ts against sources that misbehave in one way at a time. Only where k6 is on PATH or was built
 * into .lab/tools by `./lab bench`; its types are checked everywhere.
 *
 * What depends on this machine's speed (the latency, the dropped iterations) is left out of what is expected.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { listen } from './servers.ts';

const home = join(import.meta.dirname, '../../..');
const k6 = [...(process.env.PATH ?? '').split(delimiter), join(home, '.lab/tools')]
  .map((folder) => join(folder, 'k6'))
  .find((file) => existsSync(file));

const FAILED = 'http_req_failed{name:message}';
/** The thresholds that no slow machine can cross. */
const ABOUT_ANSWERS = ['checks', FAILED];

const json = (response: ServerResponse, body: unknown, status: number) =>
  response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));

/** Answers a message that has an id. */
type Answer = (response: ServerResponse, id: number) => void;
const healthy: Answer = (response, id) => json(response, { id }, 202);

interface Fault {
  /** What /health/ready answers. */
  ready?: number;
  /** What a message without an id is answered. */
  refusal?: { status: number; body: unknown };
}

/** Runs the script for a second against a source that answers so. */
async function load(answer: Answer, variables: Record<string, string> = {}, fault: Fault = {}) {
  const { ready = 200, refusal = { status: 400, body: { error: 'it must be a whole number → at id' } } } = fault;
  const ids: number[] = [];
  await using source = await listen({
    handle({ method, url = '' }, response) {
      if (url === '/health/ready') return void response.writeHead(ready).end();
      const [, id] = /^\/messages\/(\w+)$/.exec(url) ?? [];
      if (id === undefined || method !== 'POST') return void response.writeHead(404).end();
      if (!/^\d+$/.test(id)) return void json(response, refusal.body, refusal.status);
      ids.push(Number(id));
      answer(response, Number(id));
    },
  });
  const given = { SOURCE_URL: source.url, RATE: '60', DURATION: '1s', ...variables };
  const child = spawn(
    k6 as string,
    [
      'run',
      '--quiet',
      '--no-usage-report',
      '--address=',
      ...Object.entries(given).flatMap(([name, value]) => ['-e', `${name}=${value}`]),
      join(home, 'k6/sse-vs-long-polling.ts'),
    ],
    { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, K6_AUTO_EXTENSION_RESOLUTION: 'false' } },
  );
  const stderr = text(child.stderr);
  const [code] = (await once(child, 'close')) as [number | null];
  const said = await stderr;
  const crossed = /thresholds on metrics '([^']*)'/.exec(said)?.[1]?.split(', ') ?? [];
  return { code, crossed, aboutAnswers: crossed.filter((name) => ABOUT_ANSWERS.includes(name)), stderr: said, ids };
}

describe.skipIf(k6 === undefined)('the k6 script', () => {
  it('finds nothing wrong with the answers of a healthy source', async () => {
    const run = await load(healthy);
    expect(run.aboutAnswers).toEqual([]);
    expect(run.code).toBe(run.crossed.length === 0 ? 0 : 99);
  });

  it.each<[string, Answer, string[]]>([
    ['a feed that is away', (response) => json(response, { error: 'away' }, 503), ['checks', FAILED]],
    ['200 instead of 202', (response, id) => json(response, { id }, 200), ['checks', FAILED]],
    ['an answer about another message', (response, id) => json(response, { id: id + 1 }, 202), ['checks']],
    ['a body that is no JSON', (response) => void response.writeHead(202).end('<html>'), ['checks']],
  ])('fails on %s', async (_, answer, expected) => {
    const run = await load(answer);
    expect(run.aboutAnswers.sort()).toEqual(expected);
    expect(run.code).toBe(99);
  });

  it.each(['constant', 'ramp'])('publishes each message once, with ids one after the other (%s)', async (SCENARIO) => {
    const { ids } = await load(healthy, { SCENARIO });
    const sorted = ids.toSorted((a, b) => a - b);
    expect(sorted.length).toBeGreaterThan(18);
    expect(sorted).toEqual(sorted.map((_, index) => (sorted[0] as number) + index));
  });

  it('has ids of its own in each run', async () => {
    const [one, other] = [new Set((await load(healthy)).ids), new Set((await load(healthy)).ids)];
    expect(one.size).toBeGreaterThan(18);
    expect([...one].filter((id) => other.has(id))).toEqual([]);
  });

  it('ends before its load if nobody is there, and names the variable', async () => {
    const run = await load(healthy, { SOURCE_URL: 'http://127.0.0.1:9' });
    expect(run.code).not.toBe(0);
    expect(run.stderr).toMatch(/no source is ready at http:\/\/127\.0\.0\.1:9/);
    expect(run.stderr).toContain('-e SOURCE_URL=');
    expect(run.ids).toEqual([]);
  });

  it.each<[string, Fault, string]>([
    ['is not ready', { ready: 503 }, 'it answered 503'],
    ['takes what is no id', { refusal: { status: 202, body: {} } }, 'answered 202 to a message without an id'],
    ['does not say what is wrong', { refusal: { status: 400, body: {} } }, 'answered 400 to a message without an id'],
  ])('ends before its load if the source %s', async (_, fault, said) => {
    const run = await load(healthy, {}, fault);
    expect(run.code).not.toBe(0);
    expect(run.stderr).toContain(said);
    expect(run.ids).toEqual([]);
  });

  it.each([{ SCENARIO: 'burst' }, { RATE: '-1' }, { DURATION: '30' }, { SOURCE_URL: 'localhost' }])(
    'refuses %o by name before it sends anything',
    async (variables) => {
      const run = await load(healthy, variables as Record<string, string>);
      expect(run.code).not.toBe(0);
      const [[name, value]] = Object.entries(variables) as [[string, string]];
      expect(run.stderr).toContain(`${name}=${value}: it must be`);
      expect(run.ids).toEqual([]);
    },
  );
});
