/**
 * The history as polls ask for it: everything after a cursor, and the cursor to ask with next.
 *
 * Invariant: the cursor in an answer is that of its last message. Who asks again with it gets each message once, however
 * many answers were lost on the way: asking changes nothing here.
 * Read next: short-poll.ts, variants/long-poll-cursor.ts.
 */
import type { FeedContext, Message, SubscriberContext } from './contract.ts';
import { formatCursor, parseCursor } from './cursor.ts';
import { Ring } from './ring.ts';

/** What both kinds of polling answer. */
interface Answer {
  cursor: string;
  messages: Message[];
  historyLost: boolean;
}

/** Whether there is something to tell, and the JSON of it. */
interface Looked {
  isNews: boolean;
  body: string;
}

export class MessageLog {
  /** Each as its JSON: serialised once, however many ask for it. */
  readonly #ring: Ring<string>;

  constructor({ epoch, settings }: Pick<FeedContext, 'epoch' | 'settings'>) {
    this.#ring = new Ring({ epoch, size: settings.ringSize });
  }

  add(message: Message): void {
    this.#ring.add(() => JSON.stringify(message));
  }

  /** From `after` on, or from now on if it is undefined. Null if it is no cursor. */
  look(after: string | undefined): Looked | null {
    const { end } = this.#ring;
    if (after === undefined) return { isNews: true, body: bodyOf(formatCursor(end), [], false) };
    const cursor = parseCursor(after);
    if (cursor === null) return null;
    const { isHistoryLost, entries } = this.#ring.since(cursor);
    return { isNews: isHistoryLost || entries.length > 0, body: bodyOf(formatCursor(end), entries, isHistoryLost) };
  }
}

function bodyOf(cursor: string, messages: readonly string[], historyLost: boolean): string {
  return `{"cursor":${JSON.stringify(cursor)},"messages":[${messages.join(',')}],"historyLost":${historyLost}}`;
}

/** For a 400. */
export const NO_CURSOR = { error: 'after must be the cursor of an earlier answer (epoch:number)' };

/** The subscriber's side of one answer. Returns the cursor to ask with next. */
export function take(
  body: string,
  { deliver, historyLost }: Pick<SubscriberContext, 'deliver' | 'historyLost'>,
): string {
  const answer: Answer = JSON.parse(body);
  if (answer.historyLost) historyLost();
  for (const message of answer.messages) deliver(message);
  return answer.cursor;
}
