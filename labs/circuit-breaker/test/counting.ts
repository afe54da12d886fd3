/** Counts announcements of a step while it lives. */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';

export function counting(step: string) {
  let count = 0;
  const seen = () => {
    count += 1;
  };
  subscribe(step, seen);
  return { count: () => count, [Symbol.dispose]: () => void unsubscribe(step, seen) };
}
