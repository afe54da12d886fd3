/** `--variant` takes a variant's name or a file of the reader's; this tells which. */
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { UsageError } from '@backend-labs/experiment/engine';

/** The file, absolute, from where the call was made; null if a name is meant. Throws UsageError if it is not there. */
export function variantFile(wanted: string): string | null {
  if (!/[\\/]|\.[cm]?[jt]s$/.test(wanted)) return null;
  const file = resolve(process.env.BACKEND_LABS_CALLED_FROM ?? process.cwd(), wanted);
  if (!existsSync(file)) throw new UsageError(`There is no file ${file}. --variant takes a variant's name or a file.`);
  return file;
}
