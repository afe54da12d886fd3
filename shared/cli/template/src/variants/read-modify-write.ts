/** Reads, thinks, writes back. Two that overlap both start from the same list, and the later one wins. */
import type { CreateAdd } from '../contract.ts';

const createAdd: CreateAdd =
  ({ read, write, think }) =>
  async (id) => {
    const list = read();
    await think();
    write([...list, id]);
  };

export default createAdd;
