/** The contract: how an id is added to a shared list. Each file under variants/ is one way. */

export interface ListContext {
  read: () => readonly number[];
  write: (list: readonly number[]) => void;
  /** What happens between reading and writing. */
  think: () => Promise<void>;
}

/** The default export of a variant's file. */
export type CreateAdd = (context: ListContext) => (id: number) => Promise<void>;
