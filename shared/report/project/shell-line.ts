/**
 * The calls of `./lab` in a shell block of a document.
 *
 * Not a shell: quotes, comments, `\` at a line's end, `&&`, `;`, pipes and redirections, which is what documents show.
 * A usage line may hold `[--quick]`, `<name>`, `NAME|all` and `LAB…`; those are placeholders. Pure.
 */

export interface LabCall {
  /** What stands after `./lab`. */
  words: string[];
  line: number;
}

/** The calls in a block whose first line is line `firstLine` of its file. */
export function labCalls(block: string, firstLine: number): LabCall[] {
  return logicalLines(block, firstLine).flatMap(({ text, line }) =>
    commandsOf(text).flatMap((words) => {
      const start = words[0] === '$' ? 1 : 0;
      const first = words.findIndex((word, index) => index >= start && !/^[A-Za-z_]\w*=/.test(word));
      return words[first] === './lab' ? [{ words: words.slice(first + 1), line }] : [];
    }),
  );
}

function logicalLines(block: string, firstLine: number): { text: string; line: number }[] {
  const lines: { text: string; line: number }[] = [];
  let continued = false;
  block.split('\n').forEach((raw, index) => {
    const text = raw.replace(/\\$/, ' ');
    const previous = lines.at(-1);
    if (continued && previous !== undefined) previous.text += text;
    else lines.push({ text, line: firstLine + index });
    continued = raw.endsWith('\\');
  });
  return lines;
}

const OPERATORS = ['&&', '||', ';', '|', '&'];

/** The simple commands of one line. An operator stands between spaces, or is a `;` or `&` after a word. */
function commandsOf(text: string): string[][] {
  const commands: string[][] = [[]];
  let redirected = false;
  for (const word of wordsOf(text)) {
    if (redirected) redirected = false;
    else if (OPERATORS.includes(word)) commands.push([]);
    else if (/^\d?>>?$|^<$/.test(word)) redirected = true;
    else if (!/^\d?>>?[&\w./-]+$/.test(word)) commands.at(-1)?.push(word);
  }
  return commands.filter((words) => words.length > 0);
}

function wordsOf(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(/#.*|(?:"[^"]*"|'[^']*'|[^\s"';]|;(?=\S*[\]|]))+|;/g)) {
    const word = match[0];
    if (word.startsWith('#')) break;
    words.push(word.replace(/"([^"]*)"|'([^']*)'/g, (_, double, single) => double ?? single));
  }
  return words;
}

/** A word that stands for something the reader puts in: LAB, A.json, <name>, NAME|all, [FILE…], "...". */
export function isPlaceholder(word: string): boolean {
  return (
    /^[<[{(].*|.*[>\]})]$/.test(word) ||
    /^(\.\.\.|…)$/.test(word) ||
    word.split('|').some((one) => /^[A-Z][A-Z0-9_-]*(\.[a-z]+)?(\.\.\.|…)?$/.test(one))
  );
}
