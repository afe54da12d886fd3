/** What a service inside the test's process says: in its log, and on diagnostics channels. Kept in order. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Logger } from '@backend-labs/service';

/** A log that keeps what went wrong. It has no other level than `error`. */
export function recordingLogger() {
  const errors: string[] = [];
  const logger = { error: ({ error }: { error: string }) => void errors.push(error) } as unknown as Logger;
  return { logger, errors };
}

/** What was announced on these channels of this process since, in order. */
export function listening(...channels: string[]) {
  const heard: { channel: string; said: Record<string, unknown> }[] = [];
  const listeners = channels.map((channel) => {
    const listener = (said: unknown) => heard.push({ channel, said: said as Record<string, unknown> });
    subscribe(channel, listener);
    return () => unsubscribe(channel, listener);
  });
  return {
    heard,
    [Symbol.dispose]() {
      for (const stop of listeners) stop();
    },
  };
}
