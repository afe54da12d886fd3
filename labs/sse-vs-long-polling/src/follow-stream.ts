/**
 * A subscriber of an event stream who comes back to where it was, as a browser's EventSource does by itself.
 *
 * Two things are not in EventSource: it waits the same time each time, so that a server that restarts gets everybody
 * back in the same moment; here it is once to twice the wait, by chance. And that a refused request is final.
 */
import type { StreamEvent, SubscriberContext } from './contract.ts';

export async function followStream(
  { deliver, historyLost, wait, random, settings, signal }: SubscriberContext,
  open: (path: string, headers: Record<string, string>) => AsyncIterable<StreamEvent>,
): Promise<void> {
  let lastEventId = '';
  while (!signal.aborted) {
    try {
      for await (const one of open('/events', lastEventId === '' ? {} : { 'last-event-id': lastEventId })) {
        lastEventId = one.lastEventId;
        if (one.event === 'message') deliver(JSON.parse(one.data));
        // A page would load its state anew here: the messages alone do not tell it any more.
        if (one.event === 'history-lost') historyLost();
      }
    } catch {
      // Away, refused or broken off: all the same from here.
    }
    await wait(settings.reconnectMs * (1 + random()));
  }
}
