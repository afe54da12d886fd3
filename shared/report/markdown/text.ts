/**
 * Text from a result inside Markdown. A lab may write `code` in a statement, so code spans stay; everything else
 * that GitHub would take for markup is escaped. Pure.
 */

function escapeOutsideCode(text: string): string {
  return text
    .replace(/&(?=#?\w+;)/g, '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\*_[\]~|]/g, '\\$&');
}

/** One line of text, safe in a paragraph and in a table's cell. */
export function inline(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim();
  const parts = line.split(/(`[^`]+`)/);
  return parts
    .map((part, index) =>
      index % 2 === 1 ? part.replaceAll('|', '\\|') : escapeOutsideCode(part).replaceAll('`', '\\`'),
    )
    .join('');
}

/** A GitHub table. The first column is text, the others are numbers if `numbers` is set. */
export function table(head: string[], rows: string[][], numbers = false): string {
  const line = (cells: string[]) => `| ${cells.join(' | ')} |`;
  const rule = head.map((_, column) => (numbers && column > 0 ? '---:' : '---'));
  return [line(head), line(rule), ...rows.map(line)].join('\n');
}
