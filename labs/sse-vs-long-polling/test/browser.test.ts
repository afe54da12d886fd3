/** The lab's page in a real browser: what EventSource alone makes of a cut, and what is left of the browser afterwards. */
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { familyOf } from '@backend-labs/stack/process-family';
import { isAlive } from '@backend-labs/stack/process-identity';
import { until } from '@backend-labs/testbed';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Chromium, launchChromium } from '../src/browser/chromium.ts';
import { findChromium, NO_CHROMIUM } from '../src/browser/find-chromium.ts';
import { startProcess } from './servers.ts';

const file = findChromium();
const STREAMS = 3;
type Row = [stream: number, id: number, atMs: number];

/** A folder that is the test's own, so that what is left there was left by it. */
function temporaryFolder() {
  const path = mkdtempSync(join(tmpdir(), 'browser-test-'));
  return {
    path,
    left: () => readdirSync(path),
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true, maxRetries: 10 }),
  };
}

/** In the order in which each knows the one before. `variant`: a file's name below src/variants/, or a path from here. */
async function startAll(variant: string) {
  await using starting = new AsyncDisposableStack();
  const folder = starting.use(temporaryFolder());
  const VARIANT_FILE = resolve(import.meta.dirname, variant.includes('/') ? variant : `../src/variants/${variant}.ts`);
  const feed = starting.use(await startProcess('feed/main.ts', { VARIANT_FILE, RECONNECT_MS: '50' }));
  const source = starting.use(await startProcess('source/main.ts', { FEED_URL: feed.url }));
  const link = starting.use(await startProcess('link/main.ts', { FEED_URL: feed.url }));
  const browser = starting.use(
    await startProcess('browser/main.ts', {
      TARGET_URL: link.url,
      SUBSCRIBERS: String(STREAMS),
      TMPDIR: folder.path,
    }),
  );
  const owned = starting.move();
  return { source, link, browser, folder, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}
type Running = Awaited<ReturnType<typeof startAll>>;

/** Publishes until each stream has got something. Returns the next id. */
async function warmUp({ source, browser }: Running): Promise<number> {
  let id = 0;
  await until('each stream has got something', async () => {
    await source.post(`/messages/${id++}`);
    return (await browser.get<{ least: number }>('/control/counts')).least > 0;
  });
  return id;
}

async function idsFrom({ browser }: Running, from: number): Promise<number[][]> {
  const rows = (await browser.get<Row[]>('/control/received')).filter(([, id]) => id >= from);
  return Array.from({ length: STREAMS }, (_, stream) => rows.filter(([one]) => one === stream).map(([, id]) => id));
}

/** Two messages while the page is cut off. Returns the first. */
async function publishInACut(running: Running): Promise<number> {
  const { source, link } = running;
  const from = await warmUp(running);
  expect((await link.post('/control/cut', '{}')).body).toEqual({ cut: STREAMS });
  for (const id of [from, from + 1]) await source.post(`/messages/${id}`);
  await link.post('/control/heal', '{}');
  return from;
}

describe.skipIf(file === null)(`in a real browser (skipped where ${NO_CHROMIUM.why})`, () => {
  test('a page loses its connections, comes back by itself, and its ledger is complete', async () => {
    await using running = await startAll('sse-resume');
    const from = await publishInACut(running);
    await running.source.post(`/messages/${from + 2}`);
    await until('each has got all', async () => (await idsFrom(running, from)).every(({ length }) => length >= 3));
    expect(await idsFrom(running, from)).toEqual(Array(STREAMS).fill([from, from + 1, from + 2]));
    const accepted = new Map(await running.source.get<[number, number][]>('/control/accepted'));
    for (const [, id, atMs] of await running.browser.get<Row[]>('/control/received')) {
      // The clock is the same in both processes.
      expect(atMs).toBeGreaterThan(accepted.get(id) as number);
    }
    expect(running.browser.said()).not.toContain('the page');
  });

  test('without ids it comes back as well, and what was published meanwhile is not in its ledger', async () => {
    await using running = await startAll('sse');
    const from = await publishInACut(running);
    let last = from + 1;
    await until('each is back', async () => {
      await running.source.post(`/messages/${++last}`);
      return (await idsFrom(running, from)).every(({ length }) => length > 0);
    });
    for (const ids of await idsFrom(running, from)) {
      expect(ids).not.toContain(from);
      expect(ids).not.toContain(from + 1);
    }
  });

  test('refused once with a 503 it has given up, and gets nothing more', async () => {
    await using running = await startAll('mutants/a-browser-comes-back-by-itself.ts');
    const { link, source } = running;
    const from = await publishInACut(running);
    await until('it has come back', async () => {
      const { connections } = await link.get<{ connections: number }>('/control/counts');
      return connections > STREAMS;
    });
    // Longer than any wait that the feed has asked for.
    await new Promise((resolve) => setTimeout(resolve, 1000));
    await source.post(`/messages/${from + 2}`);
    await new Promise((resolve) => setTimeout(resolve, 500));
    expect((await idsFrom(running, from)).flat()).toEqual([]);
  });

  test('when the service ends, Chromium and its folder are gone', async () => {
    await using running = await startAll('sse-resume');
    await warmUp(running);
    const family = familyOf(running.browser.pid);
    expect(family.length).toBeGreaterThan(1);
    await running.browser.stop();
    expect(await running.browser.ended).toBe(0);
    expect(running.folder.left()).toEqual([]);
    await until('nothing of it runs', () => !family.some(isAlive));
  });

  test('when the service is killed, Chromium ends by itself, and the next one removes its folder', async () => {
    await using running = await startAll('sse-resume');
    await warmUp(running);
    const family = familyOf(running.browser.pid);
    const [left] = running.folder.left();
    await running.browser.stop('SIGKILL');
    await until('nothing of it runs', () => !family.some(isAlive));
    expect(running.folder.left()).toEqual([left]);
    await using next = await startProcess('browser/main.ts', {
      TARGET_URL: running.link.url,
      TMPDIR: running.folder.path,
    });
    expect(running.folder.left()).toHaveLength(1);
    expect(running.folder.left()).not.toEqual([left]);
    expect((await next.get<{ version: string }>('/control/browser')).version).toMatch(/\d/);
  });

  test('a Chromium that is killed ends the service, with what has happened', async () => {
    await using running = await startAll('sse-resume');
    await warmUp(running);
    const chromium = familyOf(running.browser.pid).find(({ pid }) => pid !== running.browser.pid);
    process.kill(chromium?.pid as number, 'SIGKILL');
    expect(await running.browser.ended).toBe(1);
    expect(running.browser.said()).toContain('Chromium has ended, and nothing more arrives');
    expect(running.folder.left()).toEqual([]);
  });

  test('a service that never finds its feed ends, and says what it has asked', async () => {
    using folder = temporaryFolder();
    await using lost = await startProcess('browser/main.ts', { TARGET_URL: 'http://127.0.0.1:9', TMPDIR: folder.path });
    expect(await lost.ended).toBe(1);
    expect(lost.said()).toContain('http://127.0.0.1:9/control/address has not said where its port is');
    expect(folder.left()).toEqual([]);
  });

  describe('by hand', () => {
    let running: Running;
    let own: Chromium;
    beforeAll(async () => {
      running = await startAll('sse-resume');
      own = await launchChromium(file as string);
    });
    afterAll(async () => {
      await own[Symbol.asyncDispose]();
      await running[Symbol.asyncDispose]();
    });

    async function textOf(search: string, wanted: RegExp): Promise<string> {
      const page = await own.browser.newPage();
      try {
        await page.goto(`${running.browser.url}/${search}`, { waitUntil: 'domcontentloaded' });
        const text = () => page.evaluate('document.querySelector("main").innerText') as Promise<string>;
        await until(`it says ${wanted}`, async () => wanted.test(await text()));
        return await text();
      } finally {
        await page.close();
      }
    }

    test.each([
      ['?streams=2', /There is no feed\. Open this page with .*\?feed=http:/s],
      ['?feed=nowhere', /"nowhere" is not the address of a feed.*\?feed=http:/s],
      ['?feed=file:///etc/passwd', /"file:.*" is not the address of a feed.*\?feed=http:/s],
      ['?feed=http://127.0.0.1:9/events&streams=0', /streams must be a whole number from 1 to 100, received "0"/],
      ['?feed=http://127.0.0.1:9/events&streams=many', /streams must be a whole number from 1 to 100, received "many"/],
    ])('the page, opened with %s, says what to do', async (search, wanted) => {
      expect(await textOf(search, wanted)).not.toContain('EventSource');
    });

    test('without a query it shows the feed that the lab has, and what is published', async () => {
      const { port } = await running.link.get<{ port: number }>('/control/address');
      await warmUp(running);
      const shown = await textOf('', /\bopen\b/);
      expect(shown).toContain(`${STREAMS} EventSources of http://127.0.0.1:${port}/events`);
    });
  });
});

test('without a browser on PATH it does not start, and says what helps', async () => {
  using empty = temporaryFolder();
  const starting = startProcess('browser/main.ts', { TARGET_URL: 'http://127.0.0.1:9', PATH: empty.path });
  await expect(starting).rejects.toThrow(/Chromium: none of chromium, .* is on PATH\. install Chromium/);
});

test.each([
  ['TARGET_URL', 'nowhere'],
  ['SUBSCRIBERS', '101'],
])('it does not start with %s=%s, and names what is wrong', async (name, value) => {
  const starting = startProcess('browser/main.ts', { TARGET_URL: 'http://127.0.0.1:9', [name]: value });
  await expect(starting).rejects.toThrow(name);
});
