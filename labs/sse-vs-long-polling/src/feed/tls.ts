/**
 * TLS in front of a feed, for browsers: they speak HTTP/2 over TLS only.
 *
 * It is what a proxy in front does in production: it has the certificate, agrees with the client on a protocol (ALPN),
 * and hands on what is inside. So no variant knows of it, and HTTP/1.1 and HTTP/2 stand behind the same one.
 * Invariant: a client gets the protocol that the variant speaks, or no connection. The certificate is made anew at each
 * start and is in no file: nobody can trust it, and whoever comes has to be told not to ask.
 * Read next: app.ts.
 */
import { Server as HttpServer } from 'node:http';
import { createServer, type Server } from 'node:tls';
import { generate } from 'selfsigned';
import type { Feed } from '../contract.ts';

/** A server to listen with; its connections go to `server`, which does not listen itself. */
export async function overTls(server: Feed['server']): Promise<Server> {
  const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
    // RSA would take a moment of a processor at each start.
    keyType: 'ec',
    algorithm: 'sha256',
    extensions: [{ name: 'subjectAltName', altNames: [{ type: 7, ip: '127.0.0.1' }] }],
  });
  const listener = createServer({ key, cert, ALPNProtocols: [server instanceof HttpServer ? 'http/1.1' : 'h2'] });
  // Both kinds of server take a connection that somebody else has accepted.
  listener.on('secureConnection', (socket) => server.emit('connection', socket));
  // A client that does not trust the certificate, or breaks off: its own affair, and no connection yet.
  listener.on('tlsClientError', () => {});
  return listener;
}
