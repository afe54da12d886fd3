/**
 * A script's settings, from the environment (`-e NAME=value`, or the shell's own variables).
 *
 * Invariant: a value that does not fit ends the run before the first request, and the message names it. k6 would
 * otherwise read a mistyped rate as NaN and complain about something else.
 */

/** A number above zero. `fallback` if the variable is not set. */
export function positiveNumber(name: string, fallback: number): number {
  const given = __ENV[name];
  if (given === undefined || given === '') return fallback;
  const value = Number(given);
  if (!Number.isFinite(value) || value <= 0) throw new Error(`${name}=${given}: it must be a number above 0`);
  return value;
}

/** One of a few words; the first is what counts if the variable is not set. */
export function oneOf<const Word extends string>(name: string, words: readonly [Word, ...Word[]]): Word {
  const given = __ENV[name];
  if (given === undefined || given === '') return words[0];
  const word = words.find((candidate) => candidate === given);
  if (word === undefined) throw new Error(`${name}=${given}: it must be one of ${words.join(', ')}`);
  return word;
}

const SECONDS_PER = { ms: 0.001, s: 1, m: 60, h: 3600 } as const;

/** A duration such as `30s`, `1m30s` or `500ms`, in seconds. */
export function durationSeconds(name: string, fallback: string): number {
  const given = __ENV[name] || fallback;
  const parts = [...given.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g)];
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * SECONDS_PER[unit as 's'], 0);
  if (parts.map(([part]) => part).join('') !== given || seconds === 0) {
    throw new Error(`${name}=${given}: it must be a duration such as 30s or 1m30s`);
  }
  return seconds;
}

/** An http url without a slash at its end, so that paths can be put behind it. */
export function baseUrl(name: string, fallback: string): string {
  const given = __ENV[name] || fallback;
  if (!/^https?:\/\/[^/\s]+/.test(given)) {
    throw new Error(`${name}=${given}: it must be a url such as ${fallback}`);
  }
  return given.replace(/\/+$/, '');
}
