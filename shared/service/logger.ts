/** The log of a service: JSON lines, or readable ones where a person looks at a terminal. */
import { type Logger, pino } from 'pino';

/** `LOG_LEVEL` chooses how much; `warn` by default, since a line per request would be part of what is measured. */
export function createLogger(name: string): Logger {
  const level = process.env.LOG_LEVEL ?? 'warn';
  if (process.stdout.isTTY) return pino({ name, level, transport: { target: 'pino-pretty' } });
  return pino({ name, level });
}

export type { Logger };
