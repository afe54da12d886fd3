/** Mutant: has a slot, and reads the table. */
import type { OutboxVariant } from '../../src/contract.ts';
import cdcPgoutput from '../../src/variants/cdc-pgoutput.ts';
import skipLocked from '../../src/variants/skip-locked.ts';

const variant: OutboxVariant = { ...cdcPgoutput, ...skipLocked };
export default variant;
