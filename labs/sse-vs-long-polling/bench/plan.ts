/**
 * How many, how often and of whom. What is measured is the same in both plans; the quick one only shows that it works.
 *
 * The goal for memory speaks of ten thousand, so there are as many in both: with fewer of them what a process takes once
 * is a larger part of each.
 */
import type { Served } from './crowd.ts';
import { OURS, SERVERS, YARDSTICKS } from './servers.ts';

export interface Plan {
  servers: Record<string, Served>;
  /** Of a message's text. */
  textBytes: number;
  /** After the last publication. What has not arrived by then is missing. */
  arriveLimitMs: number;
  many: {
    /** By name, one after the other in each round. */
    of: readonly string[];
    /** They are there when the first reading is taken: code is loaded and compiled by then. */
    first: number;
    subscribers: number;
    clientProcesses: number;
    rounds: number;
    /** To all of them, one at a time; warm-up messages are not counted. */
    warmUpMessages: number;
    messages: number;
  };
  deliveries: {
    of: readonly string[];
    subscribers: number;
    rounds: number;
    warmUpMessages: number;
    /** In each round, of each server. */
    messages: number;
    everyMs: number;
  };
}

export function planOf({ quick }: { quick: boolean }): Plan {
  const many = { first: 100, subscribers: 10_000, clientProcesses: 2 };
  const deliveries = { subscribers: 1000, everyMs: 50 };
  const common = { servers: SERVERS, textBytes: 100, arriveLimitMs: 15_000 };
  return quick
    ? {
        ...common,
        many: { ...many, of: [OURS, YARDSTICKS.ws], rounds: 1, warmUpMessages: 1, messages: 2 },
        deliveries: {
          ...deliveries,
          ...{ of: [OURS, YARDSTICKS.ws, YARDSTICKS.betterSse], rounds: 2, warmUpMessages: 10, messages: 10 },
        },
      }
    : {
        ...common,
        many: { ...many, of: Object.keys(SERVERS), rounds: 3, warmUpMessages: 1, messages: 3 },
        deliveries: {
          ...deliveries,
          // A held poll is another request for each message: what it costs is in the experiments.
          of: Object.keys(SERVERS).filter((name) => SERVERS[name]?.kind !== 'held-poll'),
          ...{ rounds: 11, warmUpMessages: 40, messages: 40 },
        },
      };
}
