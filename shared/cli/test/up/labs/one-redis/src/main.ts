/** A counter in Redis behind HTTP: GET /count adds one and answers what it is then. */
import { once } from 'node:events';
import { connect } from 'node:net';
import { parseEnvironment, portSchema, runService } from '@backend-labs/service';
import { z } from 'zod';

const { PORT, REDIS_URL, KEY_PREFIX } = parseEnvironment(
  z.object({ PORT: portSchema, REDIS_URL: z.url(), KEY_PREFIX: z.string().min(1) }),
);
const { hostname, port } = new URL(REDIS_URL);

await runService({
  name: 'counter',
  port: PORT,
  start: async () => ({
    handle: (_, response) => void incremented().then((answer) => response.end(answer)),
    close: async () => {},
  }),
});
console.log('the counter is open');

/** As Redis writes an integer: ":1". */
async function incremented(): Promise<string> {
  const socket = connect(Number(port), hostname);
  socket.write(`INCR ${KEY_PREFIX}:count\r\n`);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return answer.toString().trim();
}
