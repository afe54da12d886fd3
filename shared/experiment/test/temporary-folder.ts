/** A folder of one test, gone with it: `using folder = temporaryFolder()`. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

export interface TemporaryFolder extends Disposable {
  path: string;
  /** Writes a file below it, with the folders on the way; returns its path. */
  write(file: string, text: string): string;
}

export function temporaryFolder(): TemporaryFolder {
  const path = mkdtempSync(join(realpathSync(tmpdir()), 'backend-labs-test-'));
  return {
    path,
    write(file, text) {
      const full = join(path, file);
      mkdirSync(dirname(full), { recursive: true });
      writeFileSync(full, text);
      return full;
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  };
}
