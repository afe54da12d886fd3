/** Names that several files of the experiments share. */
export const SOURCE = 'source';
export const FEED = 'feed';
/** Where the feed is on two servers. */
export const SECOND_FEED = 'feed-2';
export const LINK = 'link';
export const SUBSCRIBERS = 'subscribers';
/** Those whose process is stopped. */
export const STALLED = 'stalled';

/** Messages from here on are the warm-up's and no part of the run. */
export const WARM_UP_FROM = 1_000_000_000;
export const isWarmUp = (id: number) => id >= WARM_UP_FROM;
