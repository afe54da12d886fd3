/**
 * Subscribers in a real browser: one page with many EventSources, and the ledger of what each of them got.
 *
 *   feed ──▶ Chromium ── page/page.js ──▶ here, through the pipe that drives Chromium
 *
 *   GET /                    the page, which can be opened in any browser
 *   GET /control/browser     {version} of the one that runs it here
 *   GET /control/counts …    the ledger
 *
 * It stands in the place of ../subscribers and answers the same questions; stream n of the page is subscriber n.
 * Invariant: the page tells of each arrival at once and is not asked, and it is written down here, by the clock that all
 * processes share: a page's own clock begins with the page.
 * Read next: ../../page/page.js (what the page does, and what it leaves to EventSource), chromium.ts.
 */
import { readFile } from 'node:fs/promises';
import type { RequestListener } from 'node:http';
import type { Logger } from '@backend-labs/service';
import fastify from 'fastify';
import type { Page } from 'puppeteer-core';
import { z } from 'zod';
import { Ledger } from '../subscribers/ledger.ts';
import { publicUrlsOf } from '../subscribers/targets.ts';
import { launchChromium } from './chromium.ts';

/** What page.js calls. */
const BINDING = 'tellArrival';
const OPEN_LIMIT_MS = 20_000;
const FILES = { 'index.html': 'text/html; charset=utf-8', 'page.js': 'text/javascript; charset=utf-8' } as const;

export interface BrowserSubscribersOptions {
  /** The program, as findChromium() has it. */
  chromium: string;
  /** Streams of the page. */
  count: number;
  /** The link or feed that says where to connect to. */
  askAt: string;
  logger: Pick<Logger, 'error'>;
}

export interface BrowserSubscribers {
  /** The page at `/`, and the routes of the ledger. */
  handle: RequestListener;
  /** Has Chromium open the page, which is served at this url. Rejects if there is no feed, or no page. */
  open: (pageUrl: string) => Promise<void>;
  /** Rejects if the browser, or the page in it, ends before it was asked to. Never resolves. */
  failed: Promise<never>;
  close: () => Promise<void>;
}

/** Resolves when Chromium runs. */
export async function createBrowserSubscribers(options: BrowserSubscribersOptions): Promise<BrowserSubscribers> {
  const { chromium: file, count, askAt, logger } = options;
  const ending = new AbortController();
  const failed = Promise.withResolvers<never>();
  const ledger = new Ledger({ first: 0, count });
  const rowSchema = z.tuple([
    z
      .int()
      .nonnegative()
      .max(count - 1),
    z.union([z.int(), z.literal('history-lost')]),
  ]);

  await using starting = new AsyncDisposableStack();
  const { browser } = starting.use(await launchChromium(file));
  const fail = (what: string) => {
    if (!ending.signal.aborted) failed.reject(new Error(`${what}, and nothing more arrives`));
  };
  browser.once('disconnected', () => fail('Chromium has ended'));

  let feed: Promise<string> | null = null;
  const feedUrl = () => {
    feed ??= publicUrlsOf([askAt], ending.signal).then(([url]) => new URL('/events', url).href);
    return feed;
  };
  const search = async () => `?${new URLSearchParams({ feed: await feedUrl(), streams: String(count) })}`;

  function write(payload: string): void {
    const row = rowSchema.safeParse(JSON.parse(payload));
    if (!row.success) {
      logger.error({ payload }, 'the page has told something that is no arrival');
      return;
    }
    const [stream, what] = row.data;
    if (what === 'history-lost') ledger.historyLost(stream);
    else ledger.received(stream, what);
  }

  async function listenTo(page: Page): Promise<void> {
    page.on('pageerror', (error) => logger.error({ error }, 'the page has failed'));
    page.on('error', () => fail('the page has crashed'));
    const session = await page.createCDPSession();
    session.on('Runtime.bindingCalled', ({ name, payload }) => {
      if (name === BINDING) write(payload);
    });
    await session.send('Runtime.enable');
    // Not exposeFunction(): that would answer each call, and nobody waits for an answer.
    await session.send('Runtime.addBinding', { name: BINDING });
    // Of this page alone, and only where it is asked: the feed's certificate is of its own making.
    if ((await feedUrl()).startsWith('https:')) {
      await session.send('Security.setIgnoreCertificateErrors', { ignore: true });
    }
  }

  const app = fastify();
  starting.defer(() => app.close());
  for (const [name, type] of Object.entries(FILES)) {
    const content = await readFile(new URL(`../../page/${name}`, import.meta.url));
    app.get(`/${name}`, (_, reply) => reply.type(type).send(content));
    if (name !== 'index.html') continue;
    // By hand without a query: the feed that Chromium has, in a browser of one's own.
    app.get('/', async (request, reply) =>
      request.url === '/' ? reply.redirect(`/${await search()}`) : reply.type(type).send(content),
    );
  }
  app.get('/control/browser', async () => ({ version: await browser.version() }));
  ledger.addRoutes(app);
  await app.ready();
  // First of all: what ends from here on was asked to.
  starting.defer(() => ending.abort());
  const owned = starting.move();
  return {
    // Fastify only routes here; shared/service owns the listening and the shutdown.
    handle: (request, response) => app.routing(request, response),
    failed: failed.promise,
    async open(pageUrl) {
      try {
        const page = await browser.newPage();
        await listenTo(page);
        await page.goto(new URL(`/${await search()}`, pageUrl).href, {
          // Not until the network is idle: it never is.
          waitUntil: 'domcontentloaded',
          timeout: OPEN_LIMIT_MS,
        });
      } catch (error) {
        // The service ends, and what was under way with it.
        if (!ending.signal.aborted) throw error;
      }
    },
    close: () => owned.disposeAsync(),
  };
}
