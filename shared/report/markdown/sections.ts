/**
 * Generated sections inside a hand-written file: everything between
 * `<!-- generated:NAME -->` and `<!-- /generated -->`, each on a line of its own.
 *
 * Invariant: nothing outside the markers changes, not even a line ending. Markers in a code block are text.
 */

/** A place in a file that is wrong. `line` counts from 1. */
export interface Problem {
  /** Relative to the repository, with forward slashes. */
  file: string;
  line: number;
  message: string;
}

export interface Section {
  name: string;
  /** Line of the opening marker, from 1. */
  line: number;
  /** Line of the closing marker. */
  endLine: number;
}

const OPENING = /^<!-- generated:(.*?) -->$/;
const CLOSING = '<!-- /generated -->';

/** The sections of a text, and what is wrong with their markers. */
export function findSections(text: string, file: string): { sections: Section[]; problems: Problem[] } {
  const sections: Section[] = [];
  const problems: Problem[] = [];
  let open: { name: string; line: number } | null = null;
  let fence: string | null = null;
  const unclosed = ({ name, line }: { name: string; line: number }) =>
    problems.push({ file, line, message: `the section "${name}" is not closed: a line "${CLOSING}" is missing` });
  text.split('\n').forEach((raw, index) => {
    const content = raw.trim();
    const ticks = /^(`{3,}|~{3,})/.exec(content)?.[1];
    if (fence !== null) {
      if (ticks?.startsWith(fence) && content === ticks) fence = null;
      return;
    }
    if (ticks !== undefined) fence = ticks;
    const name = OPENING.exec(content)?.[1];
    if (name !== undefined) {
      if (open !== null) unclosed(open);
      open = { name, line: index + 1 };
    } else if (content === CLOSING) {
      if (open === null) problems.push({ file, line: index + 1, message: `"${CLOSING}" closes no section` });
      else sections.push({ ...open, endLine: index + 1 });
      open = null;
    }
  });
  if (open !== null) unclosed(open);
  return { sections, problems };
}

/** The text with each section's content replaced. `contents` by name; a section that is not in it stays as it is. */
export function replaceSections(text: string, sections: readonly Section[], contents: Record<string, string>): string {
  const lines = text.split('\n');
  const ending = lines[0]?.endsWith('\r') ? '\r' : '';
  for (const section of [...sections].sort((a, b) => b.line - a.line)) {
    const content = contents[section.name];
    if (content === undefined) continue;
    const inner = ['', ...content.split('\n'), ''].map((line) => line + ending);
    lines.splice(section.line, section.endLine - section.line - 1, ...inner);
  }
  return lines.join('\n');
}
