/**
 * NOTIFY after the commit, from another connection, many into one.
 *
 * Inside the transaction every commit would queue up behind one lock of the whole server (see
 * variants/notify-in-every-tx.ts). A wake-up that is lost costs one poll interval, so nobody waits for it here.
 */
import type { Pool } from 'pg';

/** The channel of LISTEN. */
export const WAKE_CHANNEL = 'outbox';

const COALESCE_MS = 10;

export interface Notifier {
  notify(): void;
  close(): Promise<void>;
}

export function openNotifier(postgres: Pool): Notifier {
  let timer: NodeJS.Timeout | undefined;
  let sending: Promise<unknown> = Promise.resolve();
  return {
    notify() {
      timer ??= setTimeout(() => {
        timer = undefined;
        sending = postgres.query(`NOTIFY ${WAKE_CHANNEL}`).catch(() => {});
      }, COALESCE_MS);
    },
    async close() {
      clearTimeout(timer);
      await sending;
    },
  };
}
