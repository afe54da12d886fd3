/** Reading event streams over both versions of HTTP, from servers that end, break, lie and write without end. */
import { Readable } from 'node:stream';
import { setTimeout as delay } from 'node:timers/promises';
import { createGzip } from 'node:zlib';
import { until } from '@backend-labs/testbed';
import { describe, expect, test } from 'vitest';
import { type Answering, event, openContext, readAll, STREAM, serveHttp1, serveHttp2 } from './subscriber-with.ts';

describe.each([
  ['HTTP/1.1', serveHttp1, 'eventStream'],
  ['HTTP/2', serveHttp2, 'eventStreamOverHttp2'],
] as const)('an event stream over %s', (_, serve, how) => {
  /** What comes of one stream that is answered so. */
  async function streamOf(answering: Answering, headers?: Record<string, string>) {
    await using server = await serve(answering);
    using one = openContext(server.url);
    return await readAll(one[how]('/events', headers));
  }

  test('gives its events until it ends, each with the last id', async () => {
    const { values, error } = await streamOf((answer) => {
      answer.begin(200, STREAM);
      answer.body.end(
        'data: a\n\nid: e:1\ndata: b\n\n: comment\n\nevent: history-lost\ndata: {}\n\nid: e:2\n\ndata: c\ndata: d\n\n',
      );
    });
    expect(error).toBeNull();
    expect(values).toEqual([
      event('a'),
      event('b', { lastEventId: 'e:1' }),
      event('{}', { event: 'history-lost', lastEventId: 'e:1' }),
      event('c\nd', { lastEventId: 'e:2' }),
    ]);
  });

  test('does not mind where the pieces are cut, also within a character', async () => {
    const bytes = Buffer.from('id: 1\ndata: grüße\n\n');
    const { values } = await streamOf(async (answer) => {
      answer.begin(200, STREAM);
      for (const byte of bytes) {
        answer.body.write(Buffer.from([byte]));
        await delay(1);
      }
      answer.body.end();
    });
    expect(values).toEqual([event('grüße', { lastEventId: '1' })]);
  });

  test('sends the headers that it was given, and asks for an event stream', async () => {
    const { values } = await streamOf(
      (answer, path, headers) => {
        answer.begin(200, STREAM);
        answer.body.write(`data: ${path} ${headers.accept} ${headers['last-event-id']}\n\n`);
        answer.body.end();
      },
      { 'last-event-id': 'e:7' },
    );
    expect(values.map(({ data }) => data)).toEqual(['/events text/event-stream e:7']);
  });

  test.each([204, 400, 500])('throws on status %i', async (status) => {
    const { error } = await streamOf((answer) => {
      answer.begin(status, STREAM);
      answer.body.end();
    });
    expect(error).toBe(`GET /events was answered ${status}`);
  });

  test('throws on another type, as EventSource does', async () => {
    const { error } = await streamOf((answer) => {
      answer.begin(200, { 'content-type': 'text/html' });
      answer.body.write('data: x\n\n');
      answer.body.end();
    });
    expect(error).toContain('text/html instead of text/event-stream');
  });

  test('throws when the connection breaks, after what had come', async () => {
    const { values, error } = await streamOf(async (answer) => {
      answer.begin(200, STREAM);
      answer.body.write('data: a\n\n');
      await delay(50);
      answer.breakConnection();
    });
    expect([values, error === null]).toEqual([[event('a')], false]);
  });

  test('throws when nobody listens', async () => {
    const server = await serve(() => {});
    await server[Symbol.asyncDispose]();
    using one = openContext(server.url);
    expect((await readAll(one[how]('/'))).error).not.toBeNull();
  });

  test('comes back over a connection that was broken before', async () => {
    await using server = await serve(({ begin, body, breakConnection }, path) => {
      begin(200, STREAM);
      if (path === '/breaks') breakConnection();
      else body.end('data: back\n\n');
    });
    using one = openContext(server.url);
    expect((await readAll(one[how]('/breaks'))).error).not.toBeNull();
    expect((await readAll(one[how]('/'))).values).toEqual([event('back')]);
  });

  test('left by its reader, its request is gone', async () => {
    const gone = Promise.withResolvers<void>();
    await using server = await serve(({ begin, body }) => {
      body.once('close', gone.resolve);
      begin(200, STREAM);
      body.write('data: a\n\n');
    });
    using one = openContext(server.url);
    for await (const _ of one[how]('/')) break;
    await gone.promise;
  });

  test('stops a server that minds backpressure while its reader does not read, and goes on with him', async () => {
    const lines = 8000;
    let produced = 0;
    function* produce() {
      for (; produced < lines; produced++) yield `data: ${produced} ${'x'.repeat(10_000)}\n\n`;
    }
    await using server = await serve(({ begin, body }) => {
      begin(200, STREAM);
      Readable.from(produce()).pipe(body);
    });
    using one = openContext(server.url);
    let read = 0;
    for await (const { data } of one[how]('/')) {
      expect(data.startsWith(`${read} `)).toBe(true);
      if (read++ > 0) continue;
      let before = -1;
      await until('the server stands still', async () => {
        const isStill = produced === before;
        before = produced;
        await delay(100);
        return isStill;
      });
      expect(produced).toBeLessThan(lines);
    }
    expect(read).toBe(lines);
  });
});

test('an event stream that was asked for with gzip is read as it comes', async () => {
  await using server = await serveHttp1(({ begin, body }, _, headers) => {
    begin(200, { ...STREAM, 'content-encoding': String(headers['accept-encoding']) });
    const gzip = createGzip();
    gzip.pipe(body);
    gzip.write('data: a\n\n');
    gzip.flush();
  });
  using one = openContext(server.url);
  for await (const value of one.eventStream('/', { 'accept-encoding': 'gzip' })) {
    expect(value).toEqual(event('a'));
    break;
  }
  const { error } = await readAll(one.eventStream('/', { 'accept-encoding': 'br' }));
  expect(error).toContain('encoding that was not asked for: br');
});

test('an event without end is given up, and not kept', async () => {
  await using server = await serveHttp1(({ begin, body }) => {
    begin(200, STREAM);
    Readable.from(
      (function* () {
        yield 'data: ';
        for (;;) yield 'x'.repeat(1_000_000);
      })(),
    ).pipe(body);
  });
  using one = openContext(server.url);
  expect((await readAll(one.eventStream('/'))).error).toContain('exceeded max buffer size');
});

test('over HTTP/2 the subscribers of a process share a connection, which ends with the last of them', async () => {
  await using server = await serveHttp2(({ begin, body }) => {
    begin(200, STREAM);
    body.write('data: a\n\n');
  });
  const many = Array.from({ length: 300 }, () => openContext(server.url));
  let got = 0;
  const reading = many.map(async (one) => {
    try {
      for await (const _ of one.eventStreamOverHttp2('/')) got += 1;
    } catch {
      // Ended by its signal.
    }
  });
  await until('all have got the event', () => got === many.length);
  expect(server.connections()).toBe(1);
  for (const one of many.slice(1)) one.end();
  await Promise.all(reading.slice(1));
  expect(server.open()).toBe(1);
  many[0]?.end();
  await Promise.all(reading);
  await until('the connection is closed', () => server.open() === 0);
});
