/** Starts the feed with the variant of one file. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { loadVariant } from '../variant-file.ts';
import { createFeedHost } from './app.ts';

const count = z.coerce.number().int().positive();
/** What a timer of Node takes. */
const timer = count.max(2_147_483_647);
const environment = parseEnvironment(
  z.object({
    PORT: portSchema,
    /** Where subscribers go: a port of its own, and the hosts that a service may listen on (LISTEN_HOST). */
    PUBLIC_PORT: portSchema,
    PUBLIC_HOST: z.enum(['127.0.0.1', '0.0.0.0']).default('127.0.0.1'),
    VARIANT_FILE: z.string().min(1),
    RING_SIZE: count.default(1000),
    MAX_BUFFERED_BYTES: count.default(1_048_576),
    HOLD_MS: timer.default(20_000),
    HEARTBEAT_MS: timer.default(15_000),
    /** What streams tell browsers to wait before they come back. Twice that is still a timer. */
    RECONNECT_MS: z.coerce.number().nonnegative().max(1_000_000_000).default(500),
    /** 1: the public port speaks TLS, with a certificate that nobody trusts. */
    FEED_TLS: z.enum(['0', '1']).default('0'),
    REDIS_URL: z.url().optional(),
    DATA_NAME: z.string().min(1).default('push'),
  }),
);
const variant = await loadVariant(environment.VARIANT_FILE);

await runService({
  name: 'feed',
  port: environment.PORT,
  start: () =>
    createFeedHost({
      variant,
      settings: {
        ringSize: environment.RING_SIZE,
        maxBufferedBytes: environment.MAX_BUFFERED_BYTES,
        holdMs: environment.HOLD_MS,
        heartbeatMs: environment.HEARTBEAT_MS,
        reconnectMs: environment.RECONNECT_MS,
      },
      dataName: environment.DATA_NAME,
      redisUrl: environment.REDIS_URL,
      publicPort: environment.PUBLIC_PORT,
      publicHost: environment.PUBLIC_HOST,
      tls: environment.FEED_TLS === '1',
    }),
});
