/**
 * Makes batches of what is handed over one by one, for a library whose handler gets one job.
 *
 * Invariant: an event's promise settles as its batch does, so a job ends when Kafka has acknowledged its event.
 */
import type { OrderPlaced } from '../src/contract.ts';

/** The last, smaller batch goes when nothing has come for that long. */
const STRAGGLERS_MS = 2;

export function inBatches(
  publish: (events: readonly OrderPlaced[]) => Promise<void>,
  batchSize: number,
): (event: OrderPlaced) => Promise<void> {
  let events: OrderPlaced[] = [];
  let batch = Promise.withResolvers<void>();
  let timer: NodeJS.Timeout | undefined;
  const send = () => {
    clearTimeout(timer);
    timer = undefined;
    const sent = batch;
    const sending = publish(events);
    events = [];
    batch = Promise.withResolvers<void>();
    sending.then(sent.resolve, sent.reject);
  };
  return (event) => {
    const { promise } = batch;
    events.push(event);
    if (events.length === batchSize) send();
    else timer ??= setTimeout(send, STRAGGLERS_MS);
    return promise;
  };
}
