/** One GET with its whole answer: what a poll is. Read next: context.ts. */
import { type IncomingMessage, request } from 'node:http';
import { ANSWER_LIMIT_MS, type Origin } from './event-stream.ts';
import type { Lifetime } from './lifetime.ts';

/** The longest body that is taken, in characters: a whole ring of long messages. */
const BODY_LIMIT = 256_000_000;

export interface Answer {
  status: number;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Rejects when the connection breaks, when nothing comes for a minute, and when the subscriber ends. */
export function get(
  origin: Origin,
  path: string,
  headers: Record<string, string>,
  lifetime: Lifetime,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asked = request({ ...origin, path, headers, timeout: ANSWER_LIMIT_MS });
    const fail = (error: Error) => {
      forget();
      reject(error);
      asked.destroy();
    };
    const forget = lifetime.onEnd((reason) => fail(reason as Error));
    asked.once('timeout', () => fail(new Error(`GET ${path}: nothing came for ${ANSWER_LIMIT_MS} ms`)));
    asked.on('error', fail);
    asked.once('response', (response) => {
      let body = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        body += chunk;
        if (body.length > BODY_LIMIT) fail(new Error(`GET ${path}: the answer is too long`));
      });
      response.on('error', fail);
      response.once('end', () => {
        forget();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body });
      });
    });
    asked.end();
  });
}
