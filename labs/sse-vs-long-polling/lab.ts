/**
 * The lab of server push, as a table of contents. Each experiment has a file: its question, its parameters, its fault,
 * its properties and its claims.
 *
 * Symbols: λ ratePerSecond, n subscribers, p pollMs, k ringSize, r reconnectMs.
 * Read next: src/contract.ts, src/variants/, then experiments/ in the order below.
 */
import { defineLab } from '@backend-labs/experiment';
import { browserDrop, browserStreams } from './experiments/browser.ts';
import { burst } from './experiments/burst.ts';
import { drop, dropBeyondTheRing } from './experiments/drop.ts';
import { fanOut } from './experiments/fan-out.ts';
import { faults } from './experiments/faults.ts';
import { phase } from './experiments/phase.ts';
import { proxyBuffers, proxyDefault, proxyGzip, proxyReadTimeout } from './experiments/proxy.ts';
import { restart } from './experiments/restart.ts';
import { scale1000, scale10000 } from './experiments/scale.ts';
import { slowConsumer, slowConsumerReturns } from './experiments/slow-consumer.ts';
import { steady1, steady5, steady20, steady100 } from './experiments/steady.ts';

const variant = (file: string, summary: string) => ({ file: `src/variants/${file}.ts`, summary });

export default defineLab({
  name: 'sse-vs-long-polling',
  question: 'How does a server tell its clients that something happened, and what does each way lose?',
  needs: {},
  variants: {
    'short-poll-1s': variant('short-poll-1s', 'ask each second, with a cursor'),
    'short-poll-100ms': variant('short-poll-100ms', 'the same, ten times a second'),
    'short-poll-in-step': variant('short-poll-in-step', 'each second, all at the same moment'),
    'long-poll': variant('long-poll', 'the server answers when there is something'),
    'long-poll-cursor': variant('long-poll-cursor', 'the same, and knows what was seen'),
    sse: variant('sse', 'an event stream, as most first write it'),
    'sse-resume-no-epoch': variant('sse-resume-no-epoch', 'with ids and a ring'),
    'sse-resume': variant('sse-resume', 'with ids, a ring, an epoch and a cap'),
    'sse-http2': variant('sse-http2', 'the same, all streams on one connection'),
    websocket: variant('websocket', 'a socket, as most first write it'),
    'websocket-resume': variant('websocket-resume', 'with a cursor, a ring, an epoch and a cap'),
    'sse-redis-pubsub': variant('sse-redis-pubsub', 'event streams of several servers, told by Redis'),
    'sse-redis-stream': variant('sse-redis-stream', 'the same, and Redis keeps what it tells'),
  },
  faults,
  experiments: {
    'steady-1': steady1,
    'steady-5': steady5,
    'steady-20': steady20,
    'steady-100': steady100,
    phase,
    burst,
    drop,
    'drop-beyond-the-ring': dropBeyondTheRing,
    restart,
    'slow-consumer': slowConsumer,
    'slow-consumer-returns': slowConsumerReturns,
    'fan-out': fanOut,
    'proxy-buffers': proxyBuffers,
    'proxy-default': proxyDefault,
    'proxy-gzip': proxyGzip,
    'proxy-read-timeout': proxyReadTimeout,
    'browser-drop': browserDrop,
    'browser-streams': browserStreams,
    'scale-1000': scale1000,
    'scale-10000': scale10000,
  },
  runByDefault: ['steady-1', 'steady-20', 'drop', 'slow-consumer'],
  runByQuick: ['drop', 'restart'],
  headlineClaim: 'sse-resume-loses-nothing',
});
