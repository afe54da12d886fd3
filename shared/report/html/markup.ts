/**
 * HTML that is escaped unless it says otherwise.
 *
 * Invariant: only `html` and `trusted` make Markup, and `html` escapes every value that is not Markup. Attributes in
 * templates always stand in double quotes, so one escape serves both.
 */

/** A piece of finished HTML. */
export class Markup {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

export type Child = Markup | string | number | null | Child[];

/** Text as HTML or XML text or attribute. */
export function escapeText(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

function asText(child: Child): string {
  if (child === null) return '';
  if (child instanceof Markup) return child.text;
  if (Array.isArray(child)) return child.map(asText).join('');
  return escapeText(String(child));
}

/** A template whose values are escaped. */
export function html(pieces: TemplateStringsArray, ...children: Child[]): Markup {
  return new Markup(pieces.reduce((text, piece, index) => text + asText(children[index - 1] ?? null) + piece));
}

/** Markup that this program made itself: charts, the style sheet. Never a text from a result. */
export function trusted(text: string): Markup {
  return new Markup(text);
}
