/**
 * The little of Redis' protocol that a witness needs: replies of RESP2, and the quoted arguments of a MONITOR line.
 *
 * Text is one character a byte here ('latin1'), since the protocol counts bytes.
 * Read next: monitor.ts.
 */
export type Reply = string | Error | null | Reply[];

/** The reply that begins at `at`, and where it ends; null if not all of it is there yet. */
export function readReply(text: string, at: number): { reply: Reply; end: number } | null {
  const lineEnd = text.indexOf('\r\n', at);
  if (lineEnd === -1) return null;
  const kind = text[at];
  const line = text.slice(at + 1, lineEnd);
  let end = lineEnd + 2;
  if (kind === '-') return { reply: new Error(line), end };
  if (kind !== '$' && kind !== '*') return { reply: line, end };
  const length = Number(line);
  if (length < 0) return { reply: null, end };
  if (kind === '$') {
    const reply = text.slice(end, end + length);
    end += length + 2;
    return text.length < end ? null : { reply: Buffer.from(reply, 'latin1').toString(), end };
  }
  const replies: Reply[] = [];
  while (replies.length < length) {
    const read = readReply(text, end);
    if (read === null) return null;
    replies.push(read.reply);
    end = read.end;
  }
  return { reply: replies, end };
}

const ESCAPED: Record<string, string> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' };

/** `"set" "a \"key\"" "\xc3\xa9"` as set, a "key" and é. */
export function splitArguments(quoted: string): string[] {
  return [...quoted.matchAll(/"((?:[^"\\]|\\.)*)"/gs)].map(([, inside = '']) => {
    // Most hold nothing to unescape, and there are thousands.
    if (!inside.includes('\\')) return inside;
    const bytes = inside.replaceAll(/\\(?:x([0-9a-f]{2})|(.))/gis, (_all, hex?: string, letter = '') =>
      hex === undefined ? (ESCAPED[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
    );
    return Buffer.from(bytes, 'latin1').toString();
  });
}
