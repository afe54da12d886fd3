/**
 * The logs of a lab that is up or on its way: which there are, their last lines, and what is added to them.
 *
 * Invariant: only whole lines are shown, each with the name of whose it is.
 */
import { closeSync, existsSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { join } from 'node:path';

export interface LogFile {
  name: string;
  file: string;
}

/** The keeper's own log is one of them, by this name. */
export const KEEPER = 'keeper';

/** Services by name, then servers by name, the keeper last. */
export function logFilesOf(folder: string): LogFile[] {
  const services = entries(folder)
    .filter((name) => name.endsWith('.log'))
    .map((name) => ({ name: name.slice(0, -'.log'.length), file: join(folder, name) }));
  const servers = entries(join(folder, 'servers')).map((name) => ({
    name,
    file: join(folder, 'servers', name, 'log'),
  }));
  const isKeeper = ({ name }: LogFile) => name === KEEPER;
  return [...services.filter((log) => !isKeeper(log)), ...servers, ...services.filter(isKeeper)].filter(({ file }) =>
    existsSync(file),
  );
}

function entries(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch {
    return [];
  }
}

/** A log that is read from somewhere on. */
export class LogReader {
  readonly #file: string;
  #offset = 0;
  #rest = '';
  #decoder = new TextDecoder();

  constructor(file: string) {
    this.#file = file;
  }

  /** Whether nothing was there to read so far. */
  get isEmpty(): boolean {
    return this.#offset === 0;
  }

  /** The whole lines that were added since the last call. None if the file is gone. */
  newLines(): string[] {
    const lines = (this.#rest + this.#decoder.decode(this.#added(), { stream: true })).split('\n');
    this.#rest = lines.pop() ?? '';
    return lines;
  }

  #added(): Uint8Array {
    let descriptor: number;
    try {
      descriptor = openSync(this.#file, 'r');
    } catch {
      return new Uint8Array();
    }
    try {
      const added = Buffer.alloc(Math.max(0, fstatSync(descriptor).size - this.#offset));
      const length = readSync(descriptor, added, 0, added.length, this.#offset);
      this.#offset += length;
      return added.subarray(0, length);
    } finally {
      closeSync(descriptor);
    }
  }
}
