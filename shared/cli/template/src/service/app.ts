/** A service that keeps one list. POST /add adds the caller's operation id; GET /control/list tells the list. */
import type { RequestListener } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import type { CreateAdd } from '../contract.ts';

/** `arriveMs`: what a request takes before it touches the list. `thinkMs`: between reading and writing. */
export function createApp(
  createAdd: CreateAdd,
  { arriveMs, thinkMs }: { arriveMs: number; thinkMs: number },
): RequestListener {
  let list: readonly number[] = [];
  const add = createAdd({
    read: () => list,
    write: (changed) => {
      list = changed;
    },
    think: () => delay(thinkMs),
  });
  return async (request, response) => {
    if (request.url === '/control/list') return response.end(JSON.stringify(list));
    await delay(arriveMs);
    try {
      await add(Number(request.headers['operation-id']));
      return response.end('added');
    } catch (error) {
      return response.writeHead(500).end((error as Error).message);
    }
  };
}
