/** The contract: how a change is made to a shared list. Each file under variants/ is one way. */

export interface ListContext {
  read: () => readonly number[];
  write: (list: readonly number[]) => void;
  /** Stands for whatever happens between reading and writing: a query, a call, a computation. */
  think: () => Promise<void>;
}

/** The default export of a file under variants/: adds an id to the list. */
export type CreateAdd = (context: ListContext) => (id: number) => Promise<void>;
