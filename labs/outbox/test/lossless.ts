/** The variants that promise to lose no event, by their names. */
import type { OutboxVariant } from '../src/contract.ts';
import cdcPgoutput from '../src/variants/cdc-pgoutput.ts';
import pollByXid from '../src/variants/poll-by-xid.ts';
import skipLocked from '../src/variants/skip-locked.ts';
import skipLockedByKey from '../src/variants/skip-locked-by-key.ts';
import skipLockedNotify from '../src/variants/skip-locked-notify.ts';

/** Those that note down in each row that it is published; the others have a position, in a table or of a slot. */
export const MARKING: [string, OutboxVariant][] = [
  ['skip-locked', skipLocked],
  ['skip-locked-by-key', skipLockedByKey],
  ['skip-locked-notify', skipLockedNotify],
];

export const LOSSLESS: [string, OutboxVariant][] = [
  ['poll-by-xid', pollByXid],
  ...MARKING,
  ['cdc-pgoutput', cdcPgoutput],
];
