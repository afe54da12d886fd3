/** What stands side by side: variants of the lab as they are, and a library that many take instead of writing one. */
import type { Served } from './crowd.ts';

/** What is judged, and what it is judged by. */
export const OURS = 'sse-resume';
export const YARDSTICKS = { ws: 'ws', betterSse: 'better-sse' } as const;

export const SERVERS: Record<string, Served> = {
  [OURS]: { file: 'src/variants/sse-resume.ts', kind: 'stream' },
  // The library and nothing else, without compression: the same JSON as text to each socket.
  [YARDSTICKS.ws]: { file: 'src/variants/websocket.ts', kind: 'websocket' },
  // The same with a history and a cap, and one buffer for all sockets.
  'websocket-resume': { file: 'src/variants/websocket-resume.ts', kind: 'websocket' },
  [YARDSTICKS.betterSse]: { file: 'bench/peers/better-sse.ts', kind: 'stream' },
  'sse (Express)': { file: 'src/variants/sse.ts', kind: 'stream' },
  'long-poll-cursor': { file: 'src/variants/long-poll-cursor.ts', kind: 'held-poll' },
};
