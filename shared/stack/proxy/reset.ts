/** Resetting a connection from this side. Read next: tcp-proxy.ts (who does, and why). */
import type { Socket } from 'node:net';

/**
 * Ends a socket with a reset; it says `close` when that is done. One whose own end is still on its way cannot be reset
 * (EINVAL), and Node would then never say that it is closed. Its other side has been told that nothing more comes, so
 * closing it is all that there is left to do.
 */
export function reset(socket: Socket): void {
  if (socket.writableEnded && !socket.writableFinished) socket.destroy();
  else socket.resetAndDestroy();
}
