/**
 * The side of a process that is asked: it answers the questions of the one that has started it, and ends with it.
 *
 * Read next: processes.ts (the side that asks).
 */

export type Asked = { id: number; name: string; given: unknown };
export type Answered = { id: number; answer?: unknown; error?: string };

/** What it was started with. */
export const taskOf = <T>(): T => JSON.parse(process.argv[2] ?? '') as T;

/** Each by its name. What one throws, the other side throws. */
// biome-ignore lint/suspicious/noExplicitAny: each has a shape of its own, and the other side says which.
export function answer(questions: Record<string, (given: any) => unknown>): void {
  process.on('message', async ({ id, name, given }: Asked) => {
    let answered: Answered;
    try {
      answered = { id, answer: await questions[name]?.(given) };
    } catch (error) {
      answered = { id, error: (error as Error).stack ?? String(error) };
    }
    process.send?.(answered);
  });
  // The bench is gone, also without a word. Nothing is closed in order: ten thousand connections would take a while.
  process.on('disconnect', () => process.exit());
}
