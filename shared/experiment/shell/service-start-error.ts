/** A service that does not start: what it said last, and where the rest is. */
import { readFileSync } from 'node:fs';
import { EXIT } from '../exit-code.ts';

const LAST_LINES = 8;

/** A service that ended or stayed silent before it was ready. The message holds its last lines. */
export class ServiceStartError extends Error {
  override readonly name = 'ServiceStartError';
  readonly exitCode = EXIT.missing;
  readonly service: string;
  readonly logFile: string;
  constructor(service: string, why: string, lastLines: string[], logFile: string) {
    const said =
      lastLines.length === 0
        ? 'It printed nothing.'
        : `Its last lines:\n${lastLines.map((l) => `    ${l}`).join('\n')}`;
    super(`the service ${service} ${why}. ${said}\n  All of its output: ${logFile}`);
    this.service = service;
    this.logFile = logFile;
  }
}

/** The end of a log, without stack frames: those of Node's loader alone would push the message itself out. */
export function lastLinesOf(logFile: string): string[] {
  const lines = readFileSync(logFile, 'utf8')
    .split('\n')
    .map((line) => line.trimEnd());
  return lines.filter((line) => line !== '' && !/^ +at |^Node\.js v/.test(line)).slice(-LAST_LINES);
}
