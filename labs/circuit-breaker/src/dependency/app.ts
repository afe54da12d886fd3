/**
 * The dependency: a price service in Express, written the plain way.
 *
 * Invariant: work that has begun goes on although its caller gave up. Most services are like that: the framework
 * does not cancel a handler, and nobody passed a signal down to the database.
 * Read next: workers.ts (its capacity), ../gateway/app.ts (its caller).
 */
import { channel } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import express, { type Express } from 'express';
import { z } from 'zod';
import { Workers } from './workers.ts';

/** Announced when a call arrives and when its work ends, whether or not anyone still waits for the answer. */
const arrived = channel('circuit-breaker.call-arrived');
const ended = channel('circuit-breaker.call-ended');

/** What is wrong with it at the moment. */
const conditionSchema = z.strictObject({
  /** Each call is late by this much. It holds no worker meanwhile: a full pool would be another fault. */
  hangMs: z.number().nonnegative(),
  /** This share of the calls fails, by chance. */
  errorShare: z.number().min(0).max(1),
  /** So many calls fail, the next ones. */
  failNext: z.int().nonnegative(),
  /** Calls for this shard fail; -1: none. */
  failingShard: z.int().min(-1),
  /** Of ten items, so many are not sold any more. */
  delistedInTen: z.int().min(0).max(10),
  /** The workers begin nothing new; calls queue up. */
  stalled: z.boolean(),
});
type Condition = z.infer<typeof conditionSchema>;

const HEALTHY: Condition = {
  hangMs: 0,
  errorShare: 0,
  failNext: 0,
  failingShard: -1,
  delistedInTen: 0,
  stalled: false,
};

export interface DependencyOptions {
  /** How long the work on a call takes. */
  serviceMs: number;
  /** How many calls are worked on at once; Infinity is possible. */
  workers: number;
  shards: number;
}

export function createDependency({ serviceMs, workers: count, shards }: DependencyOptions): Express {
  const app = express();
  app.disable('x-powered-by');
  const workers = new Workers({ count, serviceMs });
  const arrivedAtShard = Array.from({ length: shards }, (_, n) => channel(`circuit-breaker.call-arrived.shard-${n}`));
  let condition = HEALTHY;

  // A route for operators: a real service would not have it on the same port.
  app.post('/control', express.json(), (request, response) => {
    const change = conditionSchema.partial().safeParse(request.body);
    if (!change.success) {
      response.status(400).json({ error: z.prettifyError(change.error) });
      return;
    }
    condition = { ...condition, ...(change.data as Partial<Condition>) };
    if (condition.stalled) workers.stall();
    else workers.resume();
    response.json(condition);
  });

  /** Decided when a call arrives, so that a fault is over for the calls that come after it. */
  function failsNow(shard: number): boolean {
    if (condition.failNext > 0) {
      condition = { ...condition, failNext: condition.failNext - 1 };
      return true;
    }
    return shard === condition.failingShard || Math.random() < condition.errorShare;
  }

  app.get('/quotes/:item', async (request, response) => {
    const item = Number(request.params.item);
    if (!Number.isSafeInteger(item) || item < 0) {
      response.status(400).json({ error: `an item is a whole number, not ${request.params.item}` });
      return;
    }
    const shard = item % shards;
    arrived.publish(undefined);
    arrivedAtShard[shard]?.publish(undefined);
    const fails = failsNow(shard);
    try {
      if (condition.hangMs > 0) await delay(condition.hangMs);
      await workers.work();
      if (fails) response.status(503).json({ error: 'no prices at the moment' });
      else if (item % 10 < condition.delistedInTen) response.status(404).json({ error: `item ${item} is not sold` });
      else response.json({ price: 42 });
    } finally {
      ended.publish(undefined);
    }
  });
  return app;
}
