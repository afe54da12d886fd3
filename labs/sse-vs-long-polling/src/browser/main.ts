/** Starts Chromium with the lab's page. Needs one on PATH. */
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';
import { type BrowserSubscribers, createBrowserSubscribers } from './app.ts';
import { findChromium, NO_CHROMIUM } from './find-chromium.ts';

const environment = parseEnvironment(
  z.object({
    PORT: portSchema,
    /** Streams of the page, as many as it takes. */
    SUBSCRIBERS: z.coerce.number().int().min(1).max(100).default(1),
    /** The link or feed that says where to connect to. */
    TARGET_URL: z.url({ protocol: /^http$/ }),
  }),
);
const chromium = findChromium();
if (chromium === null) throw new Error(`${NO_CHROMIUM.what}: ${NO_CHROMIUM.why}. ${NO_CHROMIUM.ways.join('; or ')}.`);

const started = Promise.withResolvers<BrowserSubscribers>();
const { url } = await runService({
  name: 'browser',
  port: environment.PORT,
  start: async ({ logger }) => {
    const subscribers = await createBrowserSubscribers({
      chromium,
      count: environment.SUBSCRIBERS,
      askAt: environment.TARGET_URL,
      logger,
    });
    started.resolve(subscribers);
    return subscribers;
  },
});
// The page comes from this service, so it has to listen first. Neither is caught: without a feed, or without its
// browser, there is nothing to do here; it ends the process and is in its log.
const subscribers = await started.promise;
void subscribers.open(url);
void subscribers.failed;
