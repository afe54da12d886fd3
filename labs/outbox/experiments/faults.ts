/** What goes wrong in this lab. Invariant: each function resolves when the effect was observed. */
import { killService } from '@backend-labs/experiment';
import { CONSUMER, RELAY, SHOP } from './stand.ts';

export const faults = {
  killShop: killService(SHOP),
  killRelay: killService(RELAY),
  killConsumer: killService(CONSUMER),
};
