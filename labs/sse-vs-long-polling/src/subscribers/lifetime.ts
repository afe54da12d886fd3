/**
 * What a subscriber has open: requests, streams, waits. All of it ends at once when the subscriber does.
 *
 * One listener on the signal for each subscriber, not one for each request: a thousand subscribers share a signal, and
 * taking a listener off it again walks over all of them.
 */
export interface Lifetime {
  signal: AbortSignal;
  /** Calls `end` with the signal's reason when the subscriber ends, unless the function it returns was called before. */
  onEnd(end: (reason: unknown) => void): () => void;
}

export function lifetimeOf(signal: AbortSignal): Lifetime {
  const open = new Set<(reason: unknown) => void>();
  signal.addEventListener(
    'abort',
    () => {
      for (const end of open) end(signal.reason);
      open.clear();
    },
    { once: true },
  );
  return {
    signal,
    onEnd(end) {
      open.add(end);
      return () => open.delete(end);
    },
  };
}
