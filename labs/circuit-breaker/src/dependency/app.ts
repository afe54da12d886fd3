/**
 * The dependency: a price service in Express, written the plain way.
 *
 * Invariant: work that has begun goes on although its caller gave up. Most services are like that: the framework
 * does not cancel a handler, and nobody passed a signal down to the database.
 * Read next: ../gateway/app.ts (its caller).
 */
import { channel } from 'node:diagnostics_channel';
import { setTimeout as delay } from 'node:timers/promises';
import express, { type Express } from 'express';
import { z } from 'zod';

/** Announced when work on a request begins and ends, whether or not anyone still waits for the answer. */
const workStarted = channel('circuit-breaker.work-started');
const workEnded = channel('circuit-breaker.work-ended');

const controlSchema = z.strictObject({ hangMs: z.number().nonnegative() });

/** `serviceMs`: how long the work takes on a good day. */
export function createDependency({ serviceMs }: { serviceMs: number }): Express {
  const app = express();
  app.disable('x-powered-by');
  let hangMs = 0;

  // A route for operators: a real service would not have it on the same port.
  app.post('/control', express.json(), (request, response) => {
    const control = controlSchema.safeParse(request.body);
    if (!control.success) {
      response.status(400).json({ error: z.prettifyError(control.error) });
      return;
    }
    hangMs = control.data.hangMs;
    response.json({ hangMs });
  });

  app.get('/quote', async (_request, response) => {
    workStarted.publish(undefined);
    try {
      // A hang delays each call and holds nothing that another call needs. A full pool would be another fault.
      await delay(serviceMs + hangMs);
      response.json({ price: 42 });
    } finally {
      workEnded.publish(undefined);
    }
  });
  return app;
}
