/**
 * Text on a terminal: colour that can be off, wrapping, and no control characters from measured text.
 *
 * What a lab or a reader's variant wrote may end up here, so escape sequences in it are removed: a result must not
 * be able to move the cursor. Width counts code points; the texts here have no wide characters.
 */
import { stripVTControlCharacters, styleText } from 'node:util';
import type { Verdict } from '@backend-labs/experiment/result';

export type Style = 'bold' | 'dim' | 'underline' | 'green' | 'red' | 'yellow';
export type Paint = (style: Style | Style[], text: string) => string;

/** Colours, or leaves text alone. The caller has already decided (TTY, NO_COLOR). */
export function painter(colour: boolean): Paint {
  return (style, text) => (colour ? styleText(style, text, { validateStream: false }) : text);
}

export const VERDICT_STYLE: Record<Verdict, Style> = {
  holds: 'green',
  refuted: 'red',
  inconclusive: 'yellow',
  skipped: 'dim',
};

/** One line without control characters. */
export function plain(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to be removed
  return stripVTControlCharacters(text).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

/** Columns that a text takes, colours left out. */
export function widthOf(text: string): number {
  return [...stripVTControlCharacters(text)].length;
}

/** Breaks at spaces. The first line has `first` in front, the others as many spaces. A longer word stays whole. */
export function wrap(text: string, width: number, first = ''): string[] {
  const indent = ' '.repeat(widthOf(first));
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(/\s+/)) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && widthOf(indent) + widthOf(longer) > width) {
      lines.push(line);
      line = word;
    } else {
      line = longer;
    }
  }
  lines.push(line);
  return lines.map((one, index) => (index === 0 ? first : indent) + one);
}
