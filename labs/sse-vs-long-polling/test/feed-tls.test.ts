/** A feed behind TLS: each client gets the protocol that the variant speaks, or none. */
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { type RequestOptions, request } from 'node:https';
import { resolve } from 'node:path';
import { connect } from 'node:tls';
import { describe, expect, test } from 'vitest';
import sseHttp2 from '../src/variants/sse-http2.ts';
import sseResume from '../src/variants/sse-resume.ts';
import { openFeed } from './feed-with.ts';
import { startProcess } from './servers.ts';

/** The certificate is nobody's. */
const UNTRUSTED = { host: '127.0.0.1', rejectUnauthorized: false } as const;

/** The text of a stream until it has a message. */
async function readMessage(stream: NodeJS.ReadableStream): Promise<string> {
  let text = '';
  for await (const chunk of stream.setEncoding('utf8')) {
    text += chunk;
    if (text.includes('data: {"id"')) break;
  }
  return text;
}

describe('behind TLS', () => {
  test('sse-resume is an event stream over HTTP/1.1, and says how long to wait', async () => {
    await using feed = await openFeed(sseResume, { tls: true, settings: { reconnectMs: 1000 } });
    await feed.publish(1);
    const headers = { 'last-event-id': 'none' };
    const options: RequestOptions = { ...UNTRUSTED, port: feed.port, path: '/events', headers };
    const asked = request(options).end();
    const [response] = await once(asked, 'response');
    expect([response.statusCode, response.httpVersion]).toEqual([200, '1.1']);
    expect(response.headers['access-control-allow-origin']).toBe('*');
    expect(await readMessage(response)).toMatch(/^retry: 1\d{3}\n\nid: \w+:0\nevent: history-lost/);
    asked.destroy();
  });

  test('sse-http2 is one over HTTP/2, and says how long to wait', async () => {
    await using feed = await openFeed(sseHttp2, { tls: true, settings: { reconnectMs: 1000 } });
    await feed.publish(1);
    const session = connectHttp2(`https://127.0.0.1:${feed.port}`, UNTRUSTED);
    session.on('error', () => {});
    const stream = session.request({ ':path': '/events', 'last-event-id': 'none' });
    const [headers] = await once(stream, 'response');
    expect([headers[':status'], headers['access-control-allow-origin']]).toEqual([200, '*']);
    expect(await readMessage(stream)).toMatch(/^retry: 1\d{3}\n\nid: \w+:0\nevent: history-lost/);
    session.destroy();
  });

  test.each([
    ['sse-resume', sseResume, 'h2'],
    ['sse-http2', sseHttp2, 'http/1.1'],
  ])(
    '%s is not there for who speaks only the other protocol, and still there for others',
    async (_, variant, other) => {
      await using feed = await openFeed(variant, { tls: true });
      const own = other === 'h2' ? 'http/1.1' : 'h2';
      const agreed = async (protocol: string) => {
        const socket = connect({ ...UNTRUSTED, port: feed.port, ALPNProtocols: [protocol] });
        try {
          await once(socket, 'secureConnect');
          return socket.alpnProtocol;
        } finally {
          socket.destroy();
        }
      };
      await expect(agreed(other)).rejects.toThrow(/no application protocol/i);
      expect(await agreed(own)).toBe(own);
    },
  );

  test('a client that asks for trust gets nothing, and the feed goes on', async () => {
    await using feed = await openFeed(sseResume, { tls: true });
    const socket = connect({ host: '127.0.0.1', port: feed.port });
    await expect(once(socket, 'secureConnect')).rejects.toThrow(/self-signed/i);
    const trusting = connect({ ...UNTRUSTED, port: feed.port });
    await once(trusting, 'secureConnect');
    trusting.destroy();
  });
});

test('the feed’s address says that it is behind TLS', async () => {
  const VARIANT_FILE = resolve(import.meta.dirname, '../src/variants/sse-http2.ts');
  await using feed = await startProcess('feed/main.ts', { VARIANT_FILE, FEED_TLS: '1' });
  expect(await feed.get('/control/address')).toEqual({ port: expect.any(Number), protocol: 'https' });
});

test.each([
  ['FEED_TLS', 'yes'],
  ['RECONNECT_MS', '-1'],
])('a feed does not start with %s=%s, and names what is wrong', async (name, value) => {
  const VARIANT_FILE = resolve(import.meta.dirname, '../src/variants/sse-resume.ts');
  await expect(startProcess('feed/main.ts', { VARIANT_FILE, [name]: value })).rejects.toThrow(name);
});
