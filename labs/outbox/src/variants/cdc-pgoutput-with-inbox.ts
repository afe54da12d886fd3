/**
 * cdc-pgoutput+inbox: the log on one side, a deduplicating consumer on the other.
 *
 * After a crash of Postgres a slot may go back to its last checkpoint, and bring many events again: the inbox does not
 * care how many. Read next: cdc-pgoutput.ts, skip-locked-with-inbox.ts.
 */
import type { OutboxVariant } from '../contract.ts';
import cdcPgoutput from './cdc-pgoutput.ts';
import { applyOnce } from './skip-locked-with-inbox.ts';

const variant: OutboxVariant = { ...cdcPgoutput, apply: applyOnce };
export default variant;
