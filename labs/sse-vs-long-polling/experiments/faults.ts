/**
 * What goes wrong in this lab: connections that break, a server that dies, readers who do not read.
 *
 * Invariant: each function resolves when the effect was observed.
 */
import { type FaultDefinition, killService, pauseService, postControl } from '@backend-labs/experiment';
import { FEED, LINK, STALLED } from './names.ts';

export const faults = {
  /** All connections break at the same moment, and nobody gets through until it is healed: equal windows for all. */
  cutLink: {
    inject: (context) => postControl(context, LINK, '/control/cut', {}),
    heal: (context) => postControl(context, LINK, '/control/heal', {}),
  },
  /** The same at the feed's own door, where the link would need a second socket for each of ten thousand. */
  cutFeed: {
    inject: (context) => postControl(context, FEED, '/control/cut', {}),
    heal: (context) => postControl(context, FEED, '/control/heal', {}),
  },
  killFeed: killService(FEED),
  /** Dies, and is started again on what it had written to its disk. */
  killRedis: {
    inject: async (context) => void (await context.server('redis-1').kill()),
    heal: async (context) => void (await context.server('redis-1').start()),
  },
  /** The second server cannot reach Redis. */
  cutRedis: {
    inject: async (context) => void (await context.proxy('redis-link').cut()),
    heal: async (context) => void (await context.proxy('redis-link').heal()),
  },
  /** They keep their connections and read nothing. */
  stall: pauseService(STALLED),
} satisfies Record<string, FaultDefinition>;
