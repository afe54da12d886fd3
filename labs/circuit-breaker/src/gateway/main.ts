/** Starts the gateway with the policy of one file. */
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import type { CreatePolicy } from '../contract.ts';
import { createGateway } from './app.ts';

const positive = z.coerce.number().positive();
const count = z.coerce.number().int().nonnegative();
const environment = parseEnvironment(
  z.object({
    PORT: portSchema,
    DEPENDENCY_URL: z.url(),
    POLICY_FILE: z.string().min(1),
    TIMEOUT_MS: positive.default(500),
    WINDOW_MS: positive.default(10_000),
    ERROR_THRESHOLD_PERCENT: positive.default(50),
    RESET_MS: positive.default(5000),
    VOLUME_THRESHOLD: count.default(10),
    SHARDS: z.coerce.number().int().positive().default(1),
    BULKHEAD_CALLS: positive.default(50),
    MAX_REQUESTS: positive.default(Number.POSITIVE_INFINITY),
  }),
);

const policyModule = (await import(pathToFileURL(resolve(environment.POLICY_FILE)).href)) as { default?: CreatePolicy };
const createPolicy = policyModule.default;
if (typeof createPolicy !== 'function') {
  throw new TypeError(`${environment.POLICY_FILE} has no default export that creates a policy; see src/contract.ts`);
}

await runService({
  name: 'gateway',
  port: environment.PORT,
  start: () =>
    createGateway({
      dependencyUrl: environment.DEPENDENCY_URL,
      createPolicy,
      settings: {
        timeoutMs: environment.TIMEOUT_MS,
        windowMs: environment.WINDOW_MS,
        errorThresholdPercent: environment.ERROR_THRESHOLD_PERCENT,
        resetMs: environment.RESET_MS,
        volumeThreshold: environment.VOLUME_THRESHOLD,
        shards: environment.SHARDS,
        bulkheadCalls: environment.BULKHEAD_CALLS,
      },
      maxRequests: environment.MAX_REQUESTS,
    }),
});
