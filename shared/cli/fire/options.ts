/**
 * What `./lab fire` was asked for, checked as a whole: from text to a plan.
 *
 * Invariant: a plan that comes out of here can be sent. Every refusal names the option, what was given, and what
 * would be right. Read next: ../verbs/fire.ts.
 */
import { validateHeaderName, validateHeaderValue } from 'node:http';
import { UsageError } from '@backend-labs/experiment/engine';
import type { LoadPlan } from '@backend-labs/load';

/** The options as commander gives them. */
export interface FireFlags {
  rate: string;
  duration: string;
  arrivals: string;
  timeout: string;
  seed: string;
  method?: string;
  header: string[];
  body?: string;
  json?: boolean;
}

/** More than one process of this generator can send; a larger number is a slip. */
const HIGHEST_RATE = 50_000;
const LONGEST_DURATION_MS = 3_600_000;
const LONGEST_TIMEOUT_MS = 300_000;
const MOST_OPERATIONS = 2_000_000;
/** Headers that belong to the connection, which is the client's. */
const CONNECTION_HEADERS = ['connection', 'content-length', 'expect', 'keep-alive', 'transfer-encoding', 'upgrade'];

const UNITS_MS: Record<string, number> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** Milliseconds of `500ms`, `10s`, `2m`, `1h`; null if it is none of these. */
export function durationMsOf(text: string): number | null {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text.trim());
  return match === null ? null : Number(match[1]) * (UNITS_MS[match[2] as string] as number);
}

/** The plan of a call. Throws UsageError that names what is wrong. */
export function planOf(url: string, flags: FireFlags): LoadPlan {
  const ratePerSecond = numberIn('--rate', flags.rate, HIGHEST_RATE, 'operations per second');
  const durationMs = durationIn('--duration', flags.duration, LONGEST_DURATION_MS);
  const operations = (ratePerSecond * durationMs) / 1000;
  if (operations > MOST_OPERATIONS) {
    throw new UsageError(
      `--rate ${flags.rate} for --duration ${flags.duration} are ${Math.round(operations)} operations; at most ${MOST_OPERATIONS} go into one call.`,
    );
  }
  if (operations < 1) {
    throw new UsageError(`--rate ${flags.rate} for --duration ${flags.duration} is less than one operation.`);
  }
  const { arrivals } = flags;
  if (arrivals !== 'constant' && arrivals !== 'poisson') {
    throw new UsageError(`--arrivals ${arrivals}: it must be constant or poisson.`);
  }
  const seed = Number(flags.seed);
  if (!Number.isSafeInteger(seed)) throw new UsageError(`--seed ${flags.seed}: it must be a whole number.`);
  return {
    arrivals,
    ratePerSecond,
    durationMs,
    timeoutMs: durationIn('--timeout', flags.timeout, LONGEST_TIMEOUT_MS),
    seed,
    operation: {
      kind: 'http',
      url: checkedUrl(url),
      method: methodOf(flags.method ?? (flags.body === undefined ? 'GET' : 'POST')),
      headers: headersOf(flags.header),
      ...(flags.body === undefined ? {} : { body: flags.body }),
    },
  };
}

/** Whether a url points at this machine. */
export function isLoopback(url: string): boolean {
  const { hostname } = new URL(url);
  return (
    hostname === 'localhost' ||
    hostname.endsWith('.localhost') ||
    hostname === '[::1]' ||
    /^127(\.\d+){3}$/.test(hostname)
  );
}

function checkedUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url !== null && url.hostname !== '' && ['http:', 'https:'].includes(url.protocol)) {
    // The generator replaces {id}; href would have its braces percent-encoded.
    if (url.username === '' && url.password === '') return text.includes('{id}') ? text.trim() : url.href;
    throw new UsageError(`${text}: give a user and password as --header 'authorization: …' instead.`);
  }
  const guess = `http://${text.replace(/^\w*:\/\//, '')}`;
  throw new UsageError(`"${text}" is not an http or https url.${URL.canParse(guess) ? ` Did you mean ${guess}?` : ''}`);
}

function numberIn(option: string, text: string, highest: number, unit: string): number {
  const value = text.trim() === '' ? Number.NaN : Number(text);
  if (!Number.isFinite(value) || value <= 0 || value > highest) {
    throw new UsageError(`${option} ${text}: it must be above 0 and at most ${highest} ${unit}.`);
  }
  return value;
}

function durationIn(option: string, text: string, longestMs: number): number {
  const value = durationMsOf(text);
  if (value === null) throw new UsageError(`${option} ${text}: it must be a duration such as 500ms, 10s or 2m.`);
  if (value < 1 || value > longestMs) {
    throw new UsageError(`${option} ${text}: it must be from 1ms to ${longestMs / 60_000}m.`);
  }
  return value;
}

function methodOf(text: string): string {
  const method = text.toUpperCase();
  // CONNECT opens a tunnel, which is no operation with an answer.
  if (!/^[A-Z]+$/.test(method) || method === 'CONNECT') {
    throw new UsageError(`--method ${text}: it must be an HTTP method such as GET, POST or DELETE.`);
  }
  return method;
}

function headersOf(given: readonly string[]): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const text of given) {
    const colon = text.indexOf(':');
    const name = text.slice(0, Math.max(0, colon)).trim().toLowerCase();
    const value = text.slice(colon + 1).trim();
    if (CONNECTION_HEADERS.includes(name)) throw new UsageError(`--header ${name}: the client sets this one itself.`);
    try {
      validateHeaderName(name);
      validateHeaderValue(name, value);
    } catch {
      throw new UsageError(`--header ${JSON.stringify(text)}: it must be name:value, such as accept:text/plain.`);
    }
    headers[name] = value;
  }
  return headers;
}
