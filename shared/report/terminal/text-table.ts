/**
 * A table for the terminal: as given if it fits, else turned, else one block a column.
 *
 * Invariant: no cell is ever cut; a number that can't be read whole is worse than an ugly table.
 */
import { type Paint, plain, widthOf } from './style.ts';

export interface TextTable {
  /** Heads of the columns; the first stands over the rows' names. */
  head: string[];
  /** Each row: its name, then its cells. */
  rows: string[][];
}

/** The lines of the table within `width` columns. */
export function renderTable(table: TextTable, width: number, paint: Paint): string[] {
  const clean: TextTable = { head: table.head.map(plain), rows: table.rows.map((row) => row.map(plain)) };
  if (tableWidth(clean) <= width) return draw(clean, paint);
  const turned = turn(clean);
  return tableWidth(turned) <= width ? draw(turned, paint) : blocks(clean, paint);
}

const GAP = '  ';

function columnWidths({ head, rows }: TextTable): number[] {
  return head.map((title, column) => Math.max(...[title, ...rows.map((row) => row[column] ?? '')].map(widthOf)));
}

function tableWidth(table: TextTable): number {
  return columnWidths(table).reduce((sum, one) => sum + one, 0) + GAP.length * (table.head.length - 1);
}

function turn({ head, rows }: TextTable): TextTable {
  const [corner = '', ...titles] = head;
  return {
    head: [corner, ...rows.map((row) => row[0] ?? '')],
    rows: titles.map((title, index) => [title, ...rows.map((row) => row[index + 1] ?? '')]),
  };
}

function draw(table: TextTable, paint: Paint): string[] {
  const widths = columnWidths(table);
  const line = (row: string[]) =>
    row.map((cell, column) => {
      const space = ' '.repeat((widths[column] ?? 0) - widthOf(cell));
      return column === 0 ? cell + space : space + cell;
    });
  return [
    paint('dim', line(table.head).join(GAP)),
    paint('dim', widths.map((one) => '─'.repeat(one)).join(GAP)),
    ...table.rows.map((row) => line(row).join(GAP).trimEnd()),
  ];
}

function blocks({ head, rows }: TextTable, paint: Paint): string[] {
  return rows.flatMap((row) => [
    paint('bold', row[0] ?? ''),
    ...head.slice(1).map((title, index) => `  ${paint('dim', `${title}:`)} ${row[index + 1] ?? ''}`),
  ]);
}
