/** A relay's log where stdout holds a measurement: errors on stderr, and nothing else. */
import type { Logger } from '@backend-labs/service';

export const reportErrors = {
  error: (details: unknown, message: string) => process.stderr.write(`${message}: ${JSON.stringify(details)}\n`),
} as unknown as Logger;
