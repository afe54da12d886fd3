/** Names that several files of the experiments share. */
import type { ServerAccess } from '@backend-labs/experiment';

export const SHOP = 'shop';
export const CONSUMER = 'consumer';
export const OBSERVER = 'observer';
/** Where there is one; `relay-1` and so on where there are more. */
export const RELAY = 'relay';
export const relayNames = ({ relays }: { relays: number }) =>
  Array.from({ length: relays }, (_, index) => (relays === 1 ? RELAY : `${RELAY}-${index + 1}`));

export const topicOf = ({ dataName }: ServerAccess) => `${dataName}.orders`;

/** Orders from here on are the warm-up's and no part of the run. */
export const WARM_UP_FROM = 1_000_000_000;
export const isWarmUp = (id: number) => id >= WARM_UP_FROM;

/** Orders from here on were not placed through the shop. */
export const OTHERS_FROM = 500_000_000;
