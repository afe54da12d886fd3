/** A variant with one thing changed, for the mutants. */
import type { Feed, FeedContext, Message, PushVariant, SubscriberContext } from '../../../src/contract.ts';

/** The server gets other settings. */
export function withSettings(variant: PushVariant, settings: Partial<FeedContext['settings']>): PushVariant {
  return {
    ...variant,
    serve: (context) => variant.serve({ ...context, settings: { ...context.settings, ...settings } }),
  };
}

/** Its subscribers get something else in their context. */
export function withSubscriber(variant: PushVariant, changed: Partial<SubscriberContext>): PushVariant {
  return { ...variant, subscribe: (context) => variant.subscribe({ ...context, ...changed }) };
}

/** Something is changed at its server, which does not listen yet. */
export function withServer(variant: PushVariant, change: (server: Feed['server']) => void): PushVariant {
  return {
    ...variant,
    async serve(context) {
      const feed = await variant.serve(context);
      change(feed.server);
      return feed;
    },
  };
}

const FLUSH_MS = 1000;

/** The server keeps what is published, and lets it go once a second. */
export function heldForASecond(variant: PushVariant): PushVariant {
  return {
    ...variant,
    async serve(context) {
      const feed = await variant.serve(context);
      const waiting: Message[] = [];
      const flush = setInterval(() => {
        for (const message of waiting.splice(0)) void feed.publish(message);
      }, FLUSH_MS);
      context.signal.addEventListener('abort', () => clearInterval(flush), { once: true });
      return { ...feed, publish: (message) => void waiting.push(message) };
    },
  };
}
