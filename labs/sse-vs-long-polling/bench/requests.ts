/**
 * What a subscriber sends, as bytes: a browser's headers, because a server may keep them as long as the connection.
 *
 * Read next: clients-main.ts.
 */

const BROWSER = {
  host: '127.0.0.1',
  connection: 'keep-alive',
  'cache-control': 'no-cache',
  'user-agent': 'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Safari/537.36',
  'accept-language': 'en-GB,en;q=0.9',
  'accept-encoding': 'gzip, deflate, br, zstd',
  'sec-fetch-site': 'same-origin',
  'sec-fetch-mode': 'cors',
  'sec-fetch-dest': 'empty',
  referer: 'http://127.0.0.1/',
};

export const KINDS = ['stream', 'websocket', 'held-poll'] as const;
export type Kind = (typeof KINDS)[number];

const requestOf = (path: string, headers: Record<string, string>) =>
  [`GET ${path} HTTP/1.1`, ...Object.entries({ ...BROWSER, ...headers }).map(([name, value]) => `${name}: ${value}`)]
    .join('\r\n')
    .concat('\r\n\r\n');

/** What a connection begins with. */
export const FIRST_REQUEST: Record<Kind, string> = {
  stream: requestOf('/events', { accept: 'text/event-stream' }),
  websocket: requestOf('/', {
    connection: 'Upgrade',
    upgrade: 'websocket',
    origin: 'http://127.0.0.1',
    'sec-websocket-version': '13',
    // Any 16 bytes. What the server makes of it is nothing that this bench asks.
    'sec-websocket-key': 'aWRsZSB3ZWIgc29ja2V0cw==',
  }),
  'held-poll': requestOf('/messages', { accept: 'application/json' }),
};

/** The poll that is held: nothing has come after this cursor. */
export const heldPoll = (cursor: string) =>
  requestOf(`/messages?after=${encodeURIComponent(cursor)}`, { accept: 'application/json' });
